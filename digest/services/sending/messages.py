"""The message of a claimed delivery: compiled segments joined with the reader's few values."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.ledger.claims import Claim
from digest.delivery.ledger.mailings import get_mailing
from digest.delivery.payloads import ConfirmationPayload, NoticePayload
from digest.delivery.ports import MessageRefused, Outgoing, Reply
from digest.delivery.states import MailingKind
from digest.delivery.tables import Mailing
from digest.errors import NotFound
from digest.issues.freezing import compiled_variant
from digest.rendering.message.compiled import CompiledMessage
from digest.rendering.message.dkim import DkimSigner, SigningKey
from digest.rendering.message.reader_slots import ReaderValues
from digest.rendering.templates.template_set import load_templates
from digest.rendering.transactional_message import compile_transactional
from digest.services.reader_values import confirm_link, reader_values
from digest.services.readers.confirming import names_of_link
from digest.services.sender_details import domain_of, return_path_of, site_of
from digest.services.sending.test_mails import compiled_test
from schedules.editions import get_edition
from schedules.words import long_date
from subscribers.address import EmailAddress, InvalidAddress
from subscribers.keys import Keyring
from subscribers.links import return_path_tag
from subscribers.signup import raw_token
from subscribers.tables import ConfirmationToken

KEPT_VARIANTS = 40


@dataclass(frozen=True)
class MessageTemplate:
    """What all messages of one variant of a mailing share: segments, and the signer if any."""

    compiled: CompiledMessage
    signer: DkimSigner | None

    def write(self, reader: ReaderValues) -> bytes:
        """The complete message for one reader, signed if there are DKIM keys."""
        parts = self.compiled.parts(reader)
        if self.signer is None:
            return parts.joined()
        return parts.joined(self.signer.signatures(*parts, reader.date))


class MessageWriter:
    """Writes messages for a worker; caches the templates of the latest issues."""

    def __init__(self, app: App, dkim_keys: Sequence[SigningKey] = ()) -> None:
        self._app, self._dkim_keys = app, dkim_keys
        self._templates: dict[tuple[int, str], MessageTemplate] = {}
        self._return_path = ReturnPath.of(app)

    async def compose(self, claim: Claim, wire_date: datetime) -> Outgoing:
        """The complete wire form for one reader; `MessageRefused` for an unusable address."""
        template = self._templates.get((claim.mailing_id, claim.variant)) or await self._read(claim)
        try:
            recipient = EmailAddress.parse(claim.address)
        except InvalidAddress as error:
            raise MessageRefused(Reply(553, f"5.1.3 {error}")) from None
        wire, needs_smtputf8 = recipient.wire, recipient.needs_smtputf8
        reader = reader_values(
            self._app,
            address=wire,
            message_id=claim.message_id,
            date=wire_date,
            subscriber_id=claim.subscriber_id,
            edition=claim.edition,
            needs_smtputf8=needs_smtputf8,
        )
        return Outgoing(
            delivery_id=claim.delivery_id,
            return_path=self._return_path.of_delivery(claim.delivery_id),
            recipient=wire,
            data=template.write(reader),
            needs_smtputf8=needs_smtputf8,
        )

    async def _read(self, claim: Claim) -> MessageTemplate:
        async with self._app.store.read() as session:
            mailing = await get_mailing(session, claim.mailing_id)
            compiled = await WRITERS[claim.kind](self._app, session, mailing, claim)
        keys = self._dkim_keys
        signer = DkimSigner(domain_of(compiled.sender), keys) if keys else None
        template = MessageTemplate(compiled, signer)
        if claim.kind is MailingKind.ISSUE:  # any other mailing has hardly more than one message
            if len(self._templates) >= KEPT_VARIANTS:
                del self._templates[next(iter(self._templates))]
            self._templates[claim.mailing_id, claim.variant] = template
        return template


async def _issue(
    app: App, session: AsyncSession, mailing: Mailing, claim: Claim
) -> CompiledMessage:
    assert mailing.issue_id is not None
    return await compiled_variant(session, mailing.issue_id, claim.variant)


async def _test(app: App, session: AsyncSession, mailing: Mailing, claim: Claim) -> CompiledMessage:
    return await compiled_test(app, session, mailing)


async def _confirmation(
    app: App, session: AsyncSession, mailing: Mailing, claim: Claim
) -> CompiledMessage:
    token = await session.get(ConfirmationToken, ConfirmationPayload.of(mailing).token_id)
    if token is None:
        raise NotFound("the sign-up behind this confirmation is gone")
    edition = await get_edition(session, token.edition)
    context = {
        "edition_name": await names_of_link(session, token),
        "confirm_url": confirm_link(app, raw_token(app.keyring, token)),
        "requested_on": long_date(token.created_at),
        "valid_hours": round((token.expires_at - token.created_at).total_seconds() / 3600),
    }
    site = site_of(app.settings, edition)
    return compile_transactional("confirmation", context, site, load_templates("confirmation"))


async def _notice(
    app: App, session: AsyncSession, mailing: Mailing, claim: Claim
) -> CompiledMessage:
    context = NoticePayload.of(mailing).stored()
    site = site_of(app.settings)
    return compile_transactional("notice", context, site, load_templates("notice"))


Writer = Callable[[App, AsyncSession, Mailing, Claim], Awaitable[CompiledMessage]]

WRITERS: dict[MailingKind, Writer] = {
    MailingKind.ISSUE: _issue,
    MailingKind.TEST: _test,
    MailingKind.CONFIRMATION: _confirmation,
    MailingKind.NOTICE: _notice,
}


@dataclass(frozen=True)
class ReturnPath:
    """Signed envelope senders (VERP): the address that a bounce goes to names its delivery."""

    keyring: Keyring
    local: str
    domain: str

    @classmethod
    def of(cls, app: App) -> "ReturnPath":
        """From DIGEST_RETURN_PATH, or by default bounces@ the sender's domain."""
        local, _, domain = return_path_of(app.settings).address.rpartition("@")
        return cls(app.keyring, local, domain)

    def of_delivery(self, delivery_id: int) -> str:
        """The envelope sender of one delivery."""
        return f"{self.local}+{return_path_tag(self.keyring, delivery_id)}@{self.domain}"
