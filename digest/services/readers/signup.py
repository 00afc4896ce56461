"""Signing up: a request is stored and answered; what becomes of it is decided afterwards.

The form must take the same time for every address, so it only writes a row. A chore works
the rows off, each in one commit: the pending reader, their consent and a confirmation mail.
"""

from enum import StrEnum

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.services.actor import Actor
from digest.services.sending.transactional import queue_confirmation
from digest.store import Queue
from schedules.editions import get_edition
from schedules.errors import ScheduleError
from subscribers import asking, requests, signup
from subscribers.address import EmailAddress
from subscribers.asking import Outcome, Requested
from subscribers.consent import WORDING
from subscribers.counts import count_outcome
from subscribers.requests import Origin
from subscribers.tables import SignupRequest

log = structlog.get_logger("digest.signup")

AT_ONCE = 100
GIVEN_UP = "given up"


class Refusal(StrEnum):
    """Why the form itself did not take a sign-up."""

    NETWORK = "refused: too many from one network"
    ELSEWHERE = "refused: from another site"


async def request_signup(
    app: App, actor: Actor, address: EmailAddress, edition: str, *, ip: str | None = None
) -> None:
    """Accept a sign-up for the edition with this slug. Raises `ScheduleError`.

    Nothing about the address is looked up, since the time taken would give it away.
    """
    async with app.store.write() as session:
        await get_edition(session, edition)
        _ask(session, app, address, edition, actor, ip)


async def renew_confirmation(app: App, actor: Actor, token: str, *, ip: str | None = None) -> None:
    """Ask for a new link in place of an expired one, as the form does. Raises `LinkInvalid`."""
    async with app.store.write() as session:
        pending = await signup.read_link(session, token, app.clock())
        for edition in pending.editions:
            _ask(session, app, pending.address, edition, actor, ip)


async def work_off_signups(app: App) -> int:
    """Decide about the requests that are due; the number of mails that are on their way now.

    One commit for each. A request that fails is logged and stays.
    """
    async with app.store.read() as session:
        ids = await requests.due(session, app.clock(), AT_ONCE)
    mailed = 0
    for request_id in ids:
        try:
            mailed += await _work_off(app, request_id)
        except Exception:  # a bug in one must not keep the others from their mail
            log.exception("sign-up not worked off; tried again soon")
    return mailed


async def note_refused(app: App, what: Refusal) -> None:
    """Count and log that the form refused a network; the pages call it once an hour for each."""
    log.warning("sign-ups refused", reason=str(what))
    async with app.store.write() as session:
        await count_outcome(session, what, app.clock())


async def _work_off(app: App, request_id: int) -> bool:
    async with app.store.write(Queue.SIGNING_UP) as session:
        row = await session.get(SignupRequest, request_id, with_for_update=True)
        if row is None:  # another process was faster
            return False
        try:
            await get_edition(session, row.edition)
        except ScheduleError:
            await session.delete(row)
            return False
        requested = await _decide(session, app, row)
    return requested.outcome is Outcome.MAILED


async def sign_up_now(
    session: AsyncSession, app: App, address: EmailAddress, edition: str, source: str
) -> Requested:
    """Store a request and decide about it at once, in the caller's transaction: an editor's.

    The caller has entered `Queue.SIGNING_UP`, so that what the caps count is all there is.
    """
    row = requests.ask(session, app.keyring, address, edition, Origin(source, WORDING), app.clock())
    await session.flush()
    return await _decide(session, app, row)


async def _decide(session: AsyncSession, app: App, row: SignupRequest) -> Requested:
    """Store the sign-up and write its mail, or let it wait, or drop it."""
    address, now = EmailAddress.parse(row.address), app.clock()
    requested = await asking.request(
        session,
        app.keyring,
        address,
        row.edition,
        source=row.source,
        wording=row.wording,
        ip=row.ip,
        origin=row.origin,
        now=now,
    )
    if requested.token is not None:
        await queue_confirmation(session, app, requested.token, address.wire, now)
    await _settle(session, row, requested, app)
    return requested


async def _settle(
    session: AsyncSession, row: SignupRequest, requested: Requested, app: App
) -> None:
    """Drop the row, or let it wait; count and log what became of it."""
    now, before, cap = app.clock(), row.waits_for, requested.cap
    outcome: str = requested.outcome
    if requested.outcome is not Outcome.WAITS or cap is None:
        await session.delete(row)
    elif not await requests.put_off(session, row, cap, now):
        outcome = GIVEN_UP
    elif before is not None:
        return  # it has been counted
    await count_outcome(session, f"{outcome}: {cap}" if cap else outcome, now)
    if outcome in (Outcome.WAITS, GIVEN_UP):
        log.warning("sign-up over a cap", outcome=str(outcome), cap=str(cap), edition=row.edition)


def _ask(
    session: AsyncSession,
    app: App,
    address: EmailAddress,
    edition: str,
    actor: Actor,
    ip: str | None,
) -> None:
    origin = Origin(str(actor), WORDING, ip, keep_ip=app.settings.keep_ip)
    requests.ask(session, app.keyring, address, edition, origin, app.clock())
