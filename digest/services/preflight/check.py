"""Preflight of an issue: what is wrong with it as it would be sent, and what was overridden."""

from collections.abc import Mapping
from pathlib import Path

import structlog
from pydantic import Field

from digest.app import App
from digest.errors import Refused, UsageError
from digest.issues.lookup import get_issue
from digest.issues.overrides import add_override
from digest.issues.tables import IssueOverride
from digest.rendering.templates.template_set import ROOT
from digest.services.actor import Actor
from digest.services.preflight.gate import active_overrides
from digest.services.preflight.inspection import inspect, read_input
from digest.services.preflight.network import ASKING, SECONDS
from digest.services.result import Result
from digest.store import Queue
from previews.preflight.checks import Preflight, rules
from previews.preflight.finding import Finding

log = structlog.get_logger("digest.preflight")


class Override(Result):
    """Who lets an error pass, and why."""

    by: str
    reason: str


class CheckedFinding(Result):
    """One finding with its rule, where it is, and the override that lets it pass, if any."""

    code: str
    severity: str
    title: str
    detail: str
    why: str
    fix: str
    overridable: bool
    overridden: Override | None
    part: str
    spot: str | None
    excerpt: str | None
    file: str | None
    line: int | None
    variants: list[str]
    finding: Finding = Field(exclude=True, repr=False)

    @property
    def blocks(self) -> bool:
        """An error that nobody has overridden blocks approval and sending."""
        return self.finding.is_error and self.overridden is None


class CheckedIssue(Result):
    """All findings, errors first, and the support of each mail client in percent.

    Without a hash the issue makes no message, so nothing can be sent.
    """

    number: int
    hash: str | None
    blocked: bool
    findings: list[CheckedFinding]
    clients: dict[str, int]

    @property
    def blocking(self) -> list[CheckedFinding]:
        """The errors that nobody has overridden."""
        return [found for found in self.findings if found.blocks]


async def check_issue(
    app: App,
    number: int,
    *,
    to_inbox: bool = False,
    links: bool = False,
    filters: bool = False,
    templates: Path = ROOT,
) -> CheckedIssue:
    """Check the issue as it is now. `links` also checks links and DNS, `filters` runs spam filters.

    `templates` is the folder of template sets that a draft is compiled with.
    """
    async with app.store.read() as session:
        issue = await get_issue(session, number)
        seen = await read_input(
            session, app, issue, to_inbox=to_inbox, audience=True, templates=templates
        )
    seconds = SECONDS if links else 0
    inspection = await inspect(app, seen, network_seconds=seconds, filters=filters)
    hash_ = inspection.frozen.hash if inspection.frozen else None
    overrides: Mapping[Finding, IssueOverride] = {}
    if hash_:
        async with app.store.read() as session:
            issue = await get_issue(session, number)
            overrides = await active_overrides(session, issue, hash_, inspection.preflight)
    return checked_issue(number, hash_, inspection.preflight, overrides)


def checked_issue(
    number: int,
    hash_: str | None,
    preflight: Preflight,
    overrides: Mapping[Finding, IssueOverride],
) -> CheckedIssue:
    """The result of a preflight, with the errors that somebody has overridden."""
    findings = [_checked(finding, overrides.get(finding)) for finding in preflight.findings]
    return CheckedIssue(
        number=number,
        hash=hash_,
        blocked=any(found.blocks for found in findings),
        findings=findings,
        clients=dict(preflight.clients),
    )


def _checked(finding: Finding, override: IssueOverride | None) -> CheckedFinding:
    rule, place = finding.rule, finding.place
    return CheckedFinding(
        code=rule.code,
        severity=rule.severity.value,
        title=rule.title,
        detail=finding.detail,
        why=rule.why,
        fix=rule.fix,
        overridable=rule.overridable and finding.is_error,
        overridden=Override(by=override.by, reason=override.reason) if override else None,
        part=place.part,
        spot=place.spot or None,
        excerpt=place.excerpt or None,
        file=place.file,
        line=place.line,
        variants=list(finding.variants),
        finding=finding,
    )


async def override_error(app: App, actor: Actor, number: int, code: str, *, reason: str) -> None:
    """Let the errors of one code pass that are found now. Raises `UsageError`, `Refused`."""
    rule = rules().get(code)
    if rule is None:
        raise UsageError(f"there is no code {code!r}; `digest issues check {number}` shows them")
    by = (actor.name or "").strip()
    if not by or not reason.strip():
        raise UsageError("an override needs a name and a reason: --by NAME --reason TEXT")
    if not rule.overridable:
        raise Refused(f"{code} cannot be overridden: {rule.title}. {rule.fix}")
    checked = await check_issue(app, number, links=code in ASKING)
    details = [
        found.detail for found in checked.findings if found.finding.is_error and found.code == code
    ]
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
            by=by,
            reason=reason.strip(),
            now=app.clock(),
        )
    log.info("error overridden", issue=number, code=code, by=str(actor))
