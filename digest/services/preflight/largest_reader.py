"""An issue's variants as a reader with the longest possible address and id would get them."""

from digest.app import App
from digest.delivery.ledger.message_ids import MessageIdMaker
from digest.errors import DigestError
from digest.issues.freezing import FrozenIssue
from digest.rendering.issue import WEB
from digest.rendering.message.compiled import CompiledMessage
from digest.rendering.message.dkim import DkimSigner, SigningKey, read_keys
from digest.rendering.message.headers import sender_of
from digest.rendering.message.reader_slots import ReaderValues
from digest.services.reader_values import reader_values
from previews.preflight.rendered_message import RenderedMessage

# The longest address of RFC 5321 section 4.5.3.1, and an id after two billion sign-ups.
LARGEST_ID = 2**31 - 1
LARGEST_ADDRESS = f"{'r' * 64}@{'.'.join(('d' * 60, 'd' * 60, 'd' * 59))}.example"


def messages_to_check(app: App, edition: str, frozen: FrozenIssue) -> list[RenderedMessage]:
    """Every variant as the largest reader there can be would get it, signed if the engine signs."""
    reader = _largest_reader(app, edition, frozen)
    return [
        RenderedMessage(key, page_html=compiled.html(None))
        if key == WEB
        else RenderedMessage(key, raw=_signed(app, compiled, reader))
        for key, compiled in frozen.variants.items()
    ]


def _largest_reader(app: App, edition: str, frozen: FrozenIssue) -> ReaderValues:
    sender = next(iter(frozen.variants.values())).sender
    return reader_values(
        app,
        address=LARGEST_ADDRESS,
        message_id=MessageIdMaker("preflight", sender_of(sender).domain).message_id(LARGEST_ID),
        date=app.clock(),
        subscriber_id=LARGEST_ID,
        edition=edition,
    )


def _signed(app: App, compiled: CompiledMessage, reader: ReaderValues) -> bytes:
    """The message, signed if the engine has DKIM keys."""
    parts, keys = compiled.parts(reader), _keys(app)
    if not keys:
        return parts.joined()
    signer = DkimSigner(sender_of(compiled.sender).domain, keys)
    return parts.joined(signer.signatures(*parts, reader.date))


def _keys(app: App) -> tuple[SigningKey, ...]:
    """No keys where they cannot be read: `digest doctor` reports that."""
    try:
        return tuple(read_keys(app.settings.dkim_keys))
    except DigestError:
        return ()
