"""Starts the sending of an approved issue: its audience is frozen in one commit."""

from datetime import datetime, timedelta

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.ledger.mailings import freeze_audience
from digest.delivery.payloads import IssuePayload
from digest.delivery.relays.config_file import relays_of
from digest.delivery.states import MailingKind, Route
from digest.delivery.tables import Mailing
from digest.engine.procrastinate import defer_sending
from digest.errors import Refused
from digest.issues.composing import require_current_items
from digest.issues.lookup import get_issue
from digest.issues.states import IssueState
from digest.issues.tables import Issue
from digest.issues.transitions import transition
from digest.services.actor import Actor
from digest.services.installation.running import not_running
from digest.services.issues.drafts import edition_of
from digest.services.preflight.gate import act_on_inspected, require_preflight
from digest.services.preflight.inspection import Inspection
from digest.services.result import Result
from digest.services.sender_details import new_message_id_key, reaches_relay, site_of
from digest.services.sending.control import mailing_of
from schedules import slots
from schedules.states import OnUnknown
from schedules.tables import Edition, Slot
from subscribers.audience import has_readers

log = structlog.get_logger("digest.issues")


class StartedSending(Result):
    """An issue whose sending has started, and its mailing, which workers now send."""

    number: int
    mailing_id: int


async def send_issue(
    app: App, actor: Actor, number: int, *, to_inbox: bool = False
) -> StartedSending:
    """Start sending an approved issue now, with the date of the day in its edition's zone.

    Raises `NotFound`, `Refused`, `PreflightFailed`.
    """
    await _refuse_if_sending(app, number)
    now = app.clock()

    async def act(session: AsyncSession, issue: Issue, inspection: Inspection) -> int:
        return await start_sending(session, app, issue, inspection, to_inbox=to_inbox, now=now)

    async def precheck(session: AsyncSession, issue: Issue) -> None:
        await require_sendable(session, app, issue, to_inbox=to_inbox)

    mailing_id = await act_on_inspected(
        app,
        number,
        act,
        becoming=IssueState.SENDING,
        precheck=precheck,
        send_at=now,
        to_inbox=to_inbox,
    )
    log.info("sending started", issue=number, mailing=mailing_id, by=str(actor))
    return StartedSending(number=number, mailing_id=mailing_id)


async def join_sending(app: App, number: int) -> StartedSending | None:
    """The sending of an issue that has begun, for a caller that goes on with it; else None.

    Raises `NotFound`, and `Refused` where this process has no relay to go on with.
    """
    async with app.store.read() as session:
        mailing = await _mailing_being_sent(session, number)
    if mailing is None or mailing.id is None:
        return None
    if mailing.route == Route.RELAY and not relays_of(app.settings):
        raise Refused(
            f"issue {number} is already sending, and no relay is set here to go on with it; "
            "set DIGEST_SMTP_URL"
        )
    return StartedSending(number=number, mailing_id=mailing.id)


async def _refuse_if_sending(app: App, number: int) -> None:
    async with app.store.read() as session:
        mailing = await _mailing_being_sent(session, number)
        if mailing is None:
            return
        missing = await not_running(session, app.store, app.clock(), Route(mailing.route))
    here = f"`digest issues send {number} --wait` goes on from here"
    but = f", but {missing}, or {here}" if missing else ""
    raise Refused(f"issue {number} is already sending{but}")


async def _mailing_being_sent(session: AsyncSession, number: int) -> Mailing | None:
    issue = await get_issue(session, number)
    return await mailing_of(session, issue) if issue.state == IssueState.SENDING else None


async def start_sending(
    session: AsyncSession,
    app: App,
    issue: Issue,
    inspection: Inspection,
    *,
    to_inbox: bool,
    now: datetime,
) -> int:
    """Freeze the audience and open the mailing, in the caller's one transaction.

    `inspection` is of the issue as this transaction sees it (`act_on_inspected`).
    """
    edition = await edition_of(session, issue)
    await transition(session, issue, IssueState.SENDING, now, started_at=now, state_reason=None)
    route = await require_sendable(session, app, issue, to_inbox=to_inbox)
    await require_preflight(session, issue, inspection)
    if issue.slot_id is not None:
        await _take_slot(session, issue.slot_id, now)
    started = max(issue.send_at or now, now)
    mailing = await freeze_audience(
        session,
        Mailing(
            kind=MailingKind.ISSUE,
            route=route,
            edition=edition.slug,
            issue_id=issue.id,
            payload=IssuePayload(issue=issue.number).stored(),
            resend_unknown=edition.on_unknown == OnUnknown.RESEND,
            created_at=now,
            give_up_at=started + timedelta(hours=edition.give_up_hours),
            message_id_key=new_message_id_key(site_of(app.settings, edition)),
        ),
    )
    assert mailing.id is not None
    await defer_sending(session, mailing.id)
    return mailing.id


async def require_sendable(
    session: AsyncSession, app: App, issue: Issue, *, to_inbox: bool
) -> Route:
    """The route, if all but preflight allows the sending; raises `Refused`. Cheap."""
    edition = await edition_of(session, issue)
    route = await _route(session, app, edition, to_inbox=to_inbox)
    await require_current_items(session, issue)
    _check_site(app, edition, issue)
    return route


async def _take_slot(session: AsyncSession, slot_id: int, now: datetime) -> None:
    """Claim the slot's one sending; a stopped slot is revived, since an editor wants it sent."""
    slot = await session.get_one(Slot, slot_id)
    if slot.state in slots.STOPPED:
        await slots.run_anyway(session, slot, now, composed=True)
    if not await slots.claim_for_sending(session, slot, now):
        raise Refused(f"the slot of {slot.local_date} was already sent")


async def _route(session: AsyncSession, app: App, edition: Edition, *, to_inbox: bool) -> Route:
    """The route, if everything that sending needs is there; raises `Refused`."""
    if not app.settings.postal_address.strip():
        raise Refused("an issue needs a postal address; set DIGEST_POSTAL_ADDRESS")
    if not to_inbox and not reaches_relay(app):
        raise Refused(
            "no relay is set, so nobody would get it; set DIGEST_SMTP_URL, "
            "or use --to-inbox to send to the built-in inbox"
        )
    if not await has_readers(session, edition.slug):
        raise Refused(f"nobody is subscribed to {edition.slug} yet")
    return Route.INBOX if to_inbox else Route.RELAY


def _check_site(app: App, edition: Edition, issue: Issue) -> None:
    """Refuse to send frozen bytes that no longer agree with the settings.

    For example, an issue approved before the postal address was set has none.
    """
    assert issue.manifest is not None
    before, now = issue.manifest["site"], site_of(app.settings, edition).model_dump(mode="json")
    changed = [name.replace("_", " ") for name in now if now[name] != before.get(name)]
    if changed:
        raise Refused(
            f"the {' and the '.join(changed)} changed since issue {issue.number} was approved; "
            f"`digest issues edit {issue.number} --reopen`, then approve it again"
        )
