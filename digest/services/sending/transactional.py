"""Single letters: confirmations to readers, notices to the editor.

A letter is a mailing with one delivery, written in the transaction that causes
it, and sent by the same engine as an issue.
"""

from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.ledger.mailings import Recipient, open_mailing
from digest.delivery.payloads import ConfirmationPayload, NoticePayload
from digest.delivery.states import MailingKind
from digest.delivery.tables import Mailing
from digest.services.site import letter_route, new_message_id_key, site_of
from subscribers.tables import ConfirmationToken

NOTICE_LIFETIME = timedelta(days=2)


async def confirmation_letter(
    session: AsyncSession, app: App, token: ConfirmationToken, address: str, now: datetime
) -> None:
    """Ask the reader to confirm; given up when the link expires."""
    assert token.id is not None
    await _letter(
        session,
        app,
        (token.subscriber_id, address),
        Mailing(
            kind=MailingKind.CONFIRMATION,
            edition=token.edition,
            payload=ConfirmationPayload(token_id=token.id).stored(),
            created_at=now,
            give_up_at=token.expires_at,
            message_id_key=new_message_id_key(site_of(app.settings)),
        ),
    )


async def tell_editor(
    session: AsyncSession, app: App, subject: str, paragraphs: list[str], now: datetime
) -> None:
    """Mail a notice to the editor; without DIGEST_EDITOR the record in the store must do."""
    if not app.settings.editor:
        return
    await _letter(
        session,
        app,
        (None, app.settings.editor),
        Mailing(
            kind=MailingKind.NOTICE,
            payload=NoticePayload(title=subject, paragraphs=paragraphs).stored(),
            created_at=now,
            give_up_at=now + NOTICE_LIFETIME,
            message_id_key=new_message_id_key(site_of(app.settings)),
        ),
    )


async def _letter(session: AsyncSession, app: App, recipient: Recipient, mailing: Mailing) -> None:
    mailing.route = letter_route(app.settings)
    await open_mailing(session, mailing, [recipient])
