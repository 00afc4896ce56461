"""Transactional messages: confirmation requests to readers, notices to the editor.

Each is a mailing with one delivery for each recipient. It is stored in the transaction that
causes it, and sent by the same workers as an issue.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.ledger.mailings import Recipient, open_mailing
from digest.delivery.payloads import ConfirmationPayload, NoticePayload
from digest.delivery.states import MailingKind
from digest.delivery.tables import Mailing
from digest.services.sender_details import new_message_id_key, site_of, transactional_route
from subscribers.tables import ConfirmationToken

NOTICE_LIFETIME = timedelta(days=2)


async def queue_confirmation(
    session: AsyncSession, app: App, token: ConfirmationToken, address: str, now: datetime
) -> None:
    """Ask a reader to confirm their sign-up; given up when the link expires."""
    assert token.id is not None
    await _queue(
        session,
        app,
        [(token.subscriber_id, address)],
        Mailing(
            kind=MailingKind.CONFIRMATION,
            edition=token.edition,
            payload=ConfirmationPayload(token_id=token.id).stored(),
            created_at=now,
            give_up_at=token.expires_at,
            message_id_key=new_message_id_key(site_of(app.settings)),
        ),
    )


async def notify_editor(
    session: AsyncSession, app: App, subject: str, paragraphs: list[str], now: datetime
) -> None:
    """Mail a notice to each editor; does nothing unless DIGEST_EDITOR is set."""
    if not app.settings.editors:
        return
    await _queue(
        session,
        app,
        [(None, address) for address in app.settings.editors],
        Mailing(
            kind=MailingKind.NOTICE,
            payload=NoticePayload(title=subject, paragraphs=paragraphs).stored(),
            created_at=now,
            give_up_at=now + NOTICE_LIFETIME,
            message_id_key=new_message_id_key(site_of(app.settings)),
        ),
    )


async def _queue(
    session: AsyncSession, app: App, recipients: Sequence[Recipient], mailing: Mailing
) -> None:
    mailing.route = transactional_route(app.settings)
    await open_mailing(session, mailing, recipients)
