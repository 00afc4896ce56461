"""Previewing an issue before it is sent: every variant, as the bytes that would be sent."""

from digest.app import App
from digest.delivery.ledger.message_ids import MessageIdMaker
from digest.issues.lookup import get_issue
from digest.rendering.issue import MOST_BYTES, WARN_BYTES
from digest.rendering.message.compiled import CompiledMessage
from digest.rendering.message.reader_slots import ReaderValues, preview_slots
from digest.services.issues.drafts import compiled_issue
from digest.services.result import Result
from digest.services.sender_details import sending_domain, site_of


class VariantPreview(Result):
    """One variant. `html_bytes` is the size of the HTML part after transfer decoding."""

    key: str
    html: str
    text: str
    eml: bytes
    html_bytes: int

    @property
    def warning(self) -> str | None:
        """A warning near the size at which Gmail clips a message, else None."""
        if self.html_bytes < WARN_BYTES:
            return None
        return (
            f"{self.html_bytes / 1000:.0f} kB of HTML: over {MOST_BYTES / 1000:.0f} kB it is "
            "refused, because Gmail would clip it; include fewer comparisons"
        )


class IssuePreview(Result):
    """An issue as a reader would get it, with its hash."""

    number: int
    state: str
    subject: str
    preheader: str
    hash: str
    variants: tuple[VariantPreview, ...]


async def preview_issue(app: App, number: int) -> IssuePreview:
    """Render the issue as it is now. Raises `NotFound`, `Refused` or `TemplateError`."""
    async with app.store.read() as session:
        issue = await get_issue(session, number)
        frozen = await compiled_issue(app, session, number)
    reader = preview_reader(app)
    return IssuePreview(
        number=number,
        state=issue.state,
        subject=frozen.content.subject,
        preheader=frozen.content.preheader,
        hash=frozen.hash,
        variants=tuple(_variant(key, made, reader) for key, made in frozen.variants.items()),
    )


def _variant(key: str, compiled: CompiledMessage, reader: ReaderValues) -> VariantPreview:
    return VariantPreview(
        key=key,
        html=compiled.html(reader),
        text=compiled.text(reader),
        eml=compiled.fill(reader),
        html_bytes=compiled.html_size(reader),
    )


def preview_reader(app: App) -> ReaderValues:
    """A reader of no edition, whose links are inert."""
    message_id = MessageIdMaker("preview", sending_domain(site_of(app.settings))).message_id(0)
    return ReaderValues(message_id, app.clock(), preview_slots(app.settings.public_url))
