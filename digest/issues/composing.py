"""Composing: selecting a draft's items, with a stored reason for every candidate."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.catalogue.queries import comparisons
from digest.catalogue.tables import Comparison
from digest.errors import Refused
from digest.issues.flips import verdict_changes_since
from digest.issues.lookup import carried_in, next_number, previous_sending
from digest.issues.selection import History, Rules, SelectionDecision, select_items
from digest.issues.states import IssueState
from digest.issues.tables import Candidate, Issue
from digest.issues.transitions import reopen
from schedules.states import SlotState
from schedules.tables import Edition, Slot

UNSENT = (IssueState.DRAFT, IssueState.APPROVED, IssueState.SCHEDULED)


@dataclass(frozen=True)
class Composed:
    """A draft, its number of items, and why they are too few (None if they are not)."""

    issue: Issue
    included: int
    shortfall: str | None


async def compose_for(
    session: AsyncSession, edition: Edition, slot: Slot, now: datetime
) -> Composed:
    """Compose the draft of a slot, or refresh it.

    An unsent issue of a skipped or missed slot is reused with its number, so that the archive
    has no gaps and its comparisons are published after all. Its approval becomes void, because
    it was given for another date.
    """
    issue = await _issue_for(session, edition, slot)
    if issue is not None and issue.slot_id != slot.id:
        await reopen(session, issue, now)
        issue.subject = issue.preheader = issue.sentence = None  # they were about another week
    if issue is None:
        issue = _new_issue(
            edition, await next_number(session), slot.local_date, slot.cutoff_at, now
        )
    issue.slot_id, issue.issue_date = slot.id, slot.local_date
    issue.cutoff_at, issue.send_at = slot.cutoff_at, slot.send_at
    return await refresh(session, edition, issue, now)


async def compose_extra(
    session: AsyncSession, edition: Edition, local_date: date, now: datetime
) -> Composed:
    """Compose an issue outside the calendar; every comparison known at `now` is a candidate."""
    issue = _new_issue(edition, await next_number(session), local_date, now, now)
    return await refresh(session, edition, issue, now)


async def refresh(session: AsyncSession, edition: Edition, issue: Issue, now: datetime) -> Composed:
    """Select again and replace the stored reasons. Raises `Refused` unless it is a draft."""
    if issue.state != IssueState.DRAFT:
        raise Refused(
            f"issue {issue.number} is {issue.state}; "
            f"`digest issues edit {issue.number} --reopen` makes it a draft again"
        )
    issue.composed_at = now
    session.add(issue)
    await session.flush()
    decisions = await _decide(session, edition, issue)
    await _store_reasons(session, issue, decisions)
    included = sum(decision.included for decision in decisions)
    return Composed(issue, included, _shortfall(edition, included, decisions))


async def outdated_items(session: AsyncSession, issue: Issue) -> dict[str, str]:
    """slug → why it must not be sent in this issue, of the comparisons that it carries.

    Between composing and sending an editor may withdraw a comparison, or another issue of the
    edition may be approved with it.
    """
    assert issue.id is not None
    carried = await carried_in(session, issue.edition_id, besides=issue.id)
    rows = await session.exec(
        select(Comparison)
        .join(Candidate, col(Candidate.comparison_id) == col(Comparison.id))
        .where(Candidate.issue_id == issue.id, col(Candidate.included))
        .order_by(col(Candidate.position))
    )
    return {
        row.slug: "withdrawn" if row.withdrawn_at else carried[row.slug]
        for row in rows
        if row.withdrawn_at or row.slug in carried
    }


def _new_issue(
    edition: Edition, number: int, local_date: date, cutoff_at: datetime, now: datetime
) -> Issue:
    assert edition.id is not None
    return Issue(
        number=number,
        edition_id=edition.id,
        issue_date=local_date,
        cutoff_at=cutoff_at,
        created_at=now,
        composed_at=now,
    )


async def _issue_for(session: AsyncSession, edition: Edition, slot: Slot) -> Issue | None:
    """The slot's own issue, else the oldest unsent one of a skipped or missed slot."""
    abandoned = (SlotState.SKIPPED, SlotState.MISSED)
    found = await session.exec(
        select(Issue, Slot)
        .join(Slot, col(Slot.id) == col(Issue.slot_id))
        .where(Issue.edition_id == edition.id, Issue.state != IssueState.CANCELLED)
        .where((col(Slot.id) == slot.id) | (col(Slot.state).in_(abandoned)))
        .order_by((col(Slot.id) == slot.id).desc(), col(Issue.number))
    )
    for issue, owner in found:
        if owner.id == slot.id or issue.state in UNSENT:
            return issue
    return None


async def _decide(session: AsyncSession, edition: Edition, issue: Issue) -> list[SelectionDecision]:
    assert edition.id is not None
    views = await comparisons(session, include_withdrawn=True)
    since = await previous_sending(session, edition.id)
    history = History(
        carried=await carried_in(session, edition.id, besides=issue.id),
        flipped=frozenset(await verdict_changes_since(session, since, issue.composed_at)),
    )
    rules = Rules(
        cutoff_at=issue.cutoff_at,
        max_items=edition.max_items,
        max_age_days=edition.max_age_days,
        order=issue.order,
        exclusions=frozenset(issue.exclusions),
    )
    return select_items(views, rules, history)


async def _store_reasons(
    session: AsyncSession, issue: Issue, decisions: list[SelectionDecision]
) -> None:
    assert issue.id is not None
    rows = await session.exec(select(Comparison))
    ids = {row.slug: row.id or 0 for row in rows}
    await session.exec(delete(Candidate).where(col(Candidate.issue_id) == issue.id))
    session.add_all(
        Candidate(
            issue_id=issue.id,
            comparison_id=ids[decision.slug],
            included=decision.included,
            position=decision.position,
            reason=decision.reason,
        )
        for decision in decisions
    )
    await session.flush()


def _shortfall(edition: Edition, included: int, decisions: list[SelectionDecision]) -> str | None:
    if included >= edition.min_items:
        return None
    plural = "" if included == 1 else "s"
    return (
        f"{included} new comparison{plural}, the edition needs {edition.min_items} "
        f"({len(decisions)} candidates considered)"
    )


async def require_current_items(session: AsyncSession, issue: Issue) -> None:
    """Raise `Refused` if an item was withdrawn, or approved in another issue, since composing."""
    reasons = await outdated_items(session, issue)
    if reasons:
        outdated = "; ".join(f"{slug} is {reason}" for slug, reason in reasons.items())
        raise Refused(
            f"issue {issue.number} is out of date: {outdated}. "
            f"`digest issues edit {issue.number} --reopen` selects its items again"
        )
