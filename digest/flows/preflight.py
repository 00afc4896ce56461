"""Preflight of an issue: what is wrong with it as it would be sent, and who let it pass."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.errors import Refused, UsageError
from digest.flows.drafts import draft_of, edition_of
from digest.flows.preflight_facts import facts_of, with_audience
from digest.flows.preflight_letters import letters_of
from digest.flows.preflight_network import ask_filters, ask_network
from digest.issues.freezing import Frozen
from digest.issues.lookup import get_issue
from digest.issues.overrides import add_override, overrides_of
from digest.issues.tables import Issue, IssueOverride
from digest.rendering.errors import MessageError, TemplateError
from digest.store import Queue
from previews.preflight.checks import Preflight, rules, run
from previews.preflight.finding import Finding, merged
from previews.preflight.template import broken_template, unwritable
from schedules.tables import Edition

TOLD_AT_ONCE = 3


class PreflightFailed(Refused):
    """Errors stand in the way. `findings` are those that nobody has overridden."""

    def __init__(self, number: int, findings: list[Finding]) -> None:
        shown = [f"{finding.code} {finding.detail}" for finding in findings[:TOLD_AT_ONCE]]
        more = len(findings) - len(shown)
        told = "; ".join(shown) + (f"; and {more} more" if more > 0 else "")
        super().__init__(
            f"preflight stops issue {number}: {told}. `digest issues check {number}` explains"
        )
        self.findings = findings


@dataclass(frozen=True)
class Checked:
    """What was found, and which errors somebody let pass."""

    number: int
    hash: str | None
    preflight: Preflight
    overrides: Mapping[str, IssueOverride]

    @property
    def blocking(self) -> list[Finding]:
        """The errors that nobody has overridden."""
        return blocking(self.preflight, self.overrides)


def blocking(preflight: Preflight, overrides: Mapping[str, IssueOverride]) -> list[Finding]:
    """The errors that stand in the way of sending."""
    return [
        finding
        for finding in preflight.errors
        if not (finding.rule.overridable and finding.code in overrides)
    ]


async def check_issue(
    app: App,
    number: int,
    *,
    to_inbox: bool = False,
    links: bool = False,
    filters: bool = False,
) -> Checked:
    """Check the issue as it stands. `links` also asks the network, `filters` the spam filters."""
    async with app.store.read() as session:
        issue = await get_issue(session, number)
        edition = await edition_of(session, issue)
        try:
            frozen = await draft_of(app, session, number)
        except TemplateError as wrong:
            found = broken_template(wrong.reason, wrong.file, wrong.line)
            return Checked(number, None, Preflight((found,)), {})
        except MessageError as wrong:
            return Checked(number, None, Preflight((unwritable(str(wrong)),)), {})
        facts = await facts_of(session, app, edition, issue, frozen, to_inbox=to_inbox)
        facts = await with_audience(session, edition, issue, facts)
        overrides = await overrides_of(session, issue, frozen.hash)
    letters = letters_of(app, edition, frozen)
    preflight = await asyncio.to_thread(run, letters, facts)
    more: list[tuple[str, Finding]] = []
    if links:
        more += await ask_network(app, edition, letters, facts)
    if filters:
        more += await ask_filters(letters)
    findings = _joined(preflight.findings, more)
    return Checked(number, frozen.hash, replace(preflight, findings=findings), overrides)


async def require_preflight(
    session: AsyncSession,
    app: App,
    edition: Edition,
    issue: Issue,
    frozen: Frozen,
    *,
    to_inbox: bool = False,
) -> None:
    """Raises `PreflightFailed` where an error stands that nobody has overridden.

    Within the caller's transaction, so no network; what is looked at is what goes out.
    """
    facts = await facts_of(session, app, edition, issue, frozen, to_inbox=to_inbox)
    preflight = await asyncio.to_thread(run, letters_of(app, edition, frozen), facts)
    if preflight.errors:
        overrides = await overrides_of(session, issue, frozen.hash)
        if stopping := blocking(preflight, overrides):
            raise PreflightFailed(issue.number, stopping)


async def override(app: App, number: int, code: str, *, by: str, reason: str) -> None:
    """Let one error pass, as the issue stands now. Raises `UsageError`, `Refused`."""
    rule = rules().get(code)
    if rule is None:
        raise UsageError(f"there is no code {code!r}; `digest issues check {number}` shows them")
    if not by.strip() or not reason.strip():
        raise UsageError("an override needs a name and a reason: --by NAME --reason TEXT")
    if not rule.overridable:
        raise Refused(f"{code} cannot be overridden: {rule.title}. {rule.fix}")
    checked = await check_issue(app, number, links=code.startswith("LNK-03"))
    if checked.hash is None or code not in {found.code for found in checked.preflight.errors}:
        raise Refused(f"issue {number} has no error {code}, so there is nothing to override")
    async with app.store.write(Queue.EDITING) as session:
        issue = await get_issue(session, number)
        await add_override(
            session,
            issue,
            code,
            hash_=checked.hash,
            by=by.strip(),
            reason=reason.strip(),
            now=app.clock(),
        )


def _joined(findings: tuple[Finding, ...], more: list[tuple[str, Finding]]) -> tuple[Finding, ...]:
    both = [*findings, *merged(more)]
    return tuple(sorted(both, key=lambda finding: (not finding.is_error, finding.code)))
