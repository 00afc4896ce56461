"""Preflight of an issue: what is wrong with it as it would be sent, and who let it pass."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from digest.app import App
from digest.errors import Refused, UsageError
from digest.issues.lookup import get_issue
from digest.issues.overrides import add_override
from digest.issues.tables import IssueOverride
from digest.rendering.templates.template_set import ROOT
from digest.services.preflight.gate import blocking, let_pass
from digest.services.preflight.inspection import inspect, read_input
from digest.services.preflight.network import ASKING, SECONDS
from digest.store import Queue
from previews.preflight.checks import Preflight, rules
from previews.preflight.finding import Finding


@dataclass(frozen=True)
class CheckedIssue:
    """What was found, and which errors somebody let pass. Without a hash nothing can be sent."""

    number: int
    hash: str | None
    preflight: Preflight
    overrides: Mapping[Finding, IssueOverride]

    @property
    def blocking(self) -> list[Finding]:
        """The errors that nobody has overridden."""
        return blocking(self.preflight, self.overrides)


async def check_issue(
    app: App,
    number: int,
    *,
    to_inbox: bool = False,
    links: bool = False,
    filters: bool = False,
    templates: Path = ROOT,
) -> CheckedIssue:
    """Check the issue as it stands. `links` also asks the network, `filters` the spam filters.

    `templates` is the folder of template sets that a draft is compiled with.
    """
    async with app.store.read() as session:
        issue = await get_issue(session, number)
        seen = await read_input(
            session, app, issue, to_inbox=to_inbox, audience=True, templates=templates
        )
    seconds = SECONDS if links else 0
    inspected = await inspect(app, seen, network_seconds=seconds, filters=filters)
    if inspected.frozen is None:
        return CheckedIssue(number, None, inspected.preflight, {})
    hash_ = inspected.frozen.hash
    async with app.store.read() as session:
        issue = await get_issue(session, number)
        overrides = await let_pass(session, issue, hash_, inspected.preflight)
    return CheckedIssue(number, hash_, inspected.preflight, overrides)


async def override_error(app: App, number: int, code: str, *, by: str, reason: str) -> None:
    """Let the errors of one code pass that are found now. Raises `UsageError`, `Refused`."""
    rule = rules().get(code)
    if rule is None:
        raise UsageError(f"there is no code {code!r}; `digest issues check {number}` shows them")
    if not by.strip() or not reason.strip():
        raise UsageError("an override needs a name and a reason: --by NAME --reason TEXT")
    if not rule.overridable:
        raise Refused(f"{code} cannot be overridden: {rule.title}. {rule.fix}")
    checked = await check_issue(app, number, links=code in ASKING)
    details = [found.detail for found in checked.preflight.errors if found.code == code]
    if checked.hash is None or not details:
        raise Refused(f"issue {number} has no error {code}, so there is nothing to override")
    async with app.store.write(Queue.EDITING) as session:
        issue = await get_issue(session, number)
        await add_override(
            session,
            issue,
            code,
            details,
            hash_=checked.hash,
            by=by.strip(),
            reason=reason.strip(),
            now=app.clock(),
        )
