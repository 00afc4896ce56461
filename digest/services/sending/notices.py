"""Notices to the editor that a sending paused, and what became of notices."""

from collections.abc import Collection
from datetime import datetime, timedelta

import structlog
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from digest.app import App
from digest.delivery.states import DeliveryState, MailingKind
from digest.delivery.tables import Delivery, Mailing
from digest.services.sending.transactional import notify_editor

FAILED = (DeliveryState.REJECTED, DeliveryState.EXPIRED)
RECENT = timedelta(days=14)

log = structlog.get_logger("digest.delivery")


async def notify_of_pause(
    session: AsyncSession, app: App, number: int, reason: str | None, now: datetime
) -> None:
    """Tell the editor that the engine paused an issue, and how to continue."""
    why = (reason or "no reason is known").rstrip(".")
    paragraphs = [f"It is paused: {why}."]
    if "digest issues resume" not in why:
        paragraphs.append(f"When that is settled: digest issues resume {number}")
    await notify_editor(session, app, f"Issue {number} is paused", paragraphs, now)


async def notify_of_end(
    session: AsyncSession, app: App, number: int, reason: str | None, now: datetime
) -> None:
    """Tell the editor that the engine ended an issue that hardly anybody accepted."""
    why = (reason or "hardly anybody accepted it").rstrip(".")
    paragraphs = [
        f"It ended as cancelled: {why}.",
        f"What each relay answered: digest issues report {number}",
    ]
    await notify_editor(session, app, f"Issue {number} did not reach its readers", paragraphs, now)


async def report_notices(session: AsyncSession, finished: Collection[int]) -> None:
    """Log an error for each notice among the mailings that `finished` and that did not arrive."""
    if not finished:
        return
    failed = _failed().where(col(Mailing.id).in_(finished))
    for delivery in (await session.exec(failed)).all():
        log.error(
            "notice to the editor not delivered",
            mailing=delivery.mailing_id,
            state=str(delivery.state),
            code=delivery.reply_code,
            enhanced=delivery.enhanced_code,
        )


async def undelivered_notice(session: AsyncSession, now: datetime) -> str | None:
    """Why the newest notice of the last two weeks did not arrive; None if all is well."""
    newest = (
        select(Mailing.id)
        .where(
            Mailing.kind == MailingKind.NOTICE,
            col(Mailing.created_at) >= now - RECENT,
            col(Mailing.finished_at).is_not(None),
        )
        .order_by(col(Mailing.id).desc())
        .limit(1)
        .scalar_subquery()
    )
    found = (await session.exec(_failed().where(col(Mailing.id) == newest))).first()
    if found is None:
        return None
    return f"a notice to the editor was not delivered ({found.reason}); check DIGEST_EDITOR"


def _failed() -> SelectOfScalar[Delivery]:
    return (
        select(Delivery)
        .join(Mailing, col(Mailing.id) == col(Delivery.mailing_id))
        .where(Mailing.kind == MailingKind.NOTICE, col(Delivery.state).in_(FAILED))
    )
