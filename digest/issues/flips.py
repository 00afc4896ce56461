"""Verdict flips: what changed since the edition's previous issue."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.catalogue.queries import verdicts_at
from digest.catalogue.tables import VerdictRevision
from digest.catalogue.verdict import Verdict
from digest.rendering.content.issue_content import Flip


@dataclass(frozen=True)
class VerdictChange:
    """A tool's verdict before and after."""

    before: VerdictRevision
    after: VerdictRevision


async def verdict_changes_since(
    session: AsyncSession, since: datetime | None, until: datetime
) -> dict[str, VerdictChange]:
    """slug → change, of each tool whose verdict changed; empty without an earlier issue.

    A first verdict on a tool that had no panel before is news, but not a flip.
    """
    if since is None:
        return {}
    before, after = await verdicts_at(session, since), await verdicts_at(session, until)
    return {
        slug: VerdictChange(before[slug], revision)
        for slug, revision in after.items()
        if slug in before
        and revision.verdict != before[slug].verdict
        and Verdict.NO_TAKE not in (revision.verdict, before[slug].verdict)
    }


def flips_from(
    changes: Mapping[str, VerdictChange], names: Mapping[str, str], zone: ZoneInfo
) -> list[Flip]:
    """The flips as an issue reports them, sorted by name; `names` maps slugs to short names."""
    flips = [
        Flip(
            name=names[slug],
            before=Verdict(change.before.verdict),
            after=Verdict(change.after.verdict),
            on=change.after.as_of.astimezone(zone).date(),
            why=f"{_panel(change.before)}, now {_panel(change.after)}",
        )
        for slug, change in changes.items()
        if slug in names
    ]
    return sorted(flips, key=lambda flip: flip.name)


def _panel(revision: VerdictRevision) -> str:
    if revision.ship is not None and revision.skip is not None:
        return f"{revision.ship} of {revision.ship + revision.skip} ship"
    return f"{revision.percent}% ship"
