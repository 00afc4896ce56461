"""Looking an issue over: what is read of it in a session, and what is found once that is closed."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.errors import DigestError, NotFound
from digest.issues.freezing import FrozenIssue
from digest.issues.tables import Issue
from digest.rendering.errors import MessageError, TemplateError
from digest.rendering.templates.template_set import ROOT
from digest.services.issues.drafts import IssueDraft, compile_version, edition_of, read_version
from digest.services.preflight.facts import facts_of, with_audience
from digest.services.preflight.largest_reader import messages_to_check
from digest.services.preflight.network import ask_filters, ask_network
from digest.services.site import site_of
from previews.preflight.checks import Preflight, run
from previews.preflight.compilation import broken_template, unusable_content
from previews.preflight.facts import Facts
from previews.preflight.finding import Finding, merge_findings
from previews.preflight.rendered_message import RenderedMessage

UNUSABLE = (TemplateError, MessageError)


@dataclass(frozen=True)
class PreflightInput:
    """An issue and its circumstances as a session saw them, in plain values.

    Two that are equal make the same bytes and break the same rules. Where the templates or
    the sender cannot even be read, a finding was `found`, and `sources` tells it from another.
    """

    number: int
    edition: str
    sender: str
    sources: Mapping[str, Any]
    facts: Facts
    found: IssueDraft | FrozenIssue | Finding = field(compare=False, repr=False)


@dataclass(frozen=True)
class Inspection:
    """What was seen, the bytes it makes, and what is wrong with them.

    Where it makes none (`frozen` is None), the one finding says why, and nobody can override it.
    """

    seen: PreflightInput
    frozen: FrozenIssue | None
    preflight: Preflight


async def read_input(
    session: AsyncSession,
    app: App,
    issue: Issue,
    *,
    to_inbox: bool = False,
    audience: bool = False,
    templates: Path = ROOT,
) -> PreflightInput:
    """Read all that a check needs, and compile nothing. Raises `Refused`.

    The `audience` only warns, and takes a while to count. `templates` is the folder of template
    sets that a draft is compiled with.
    """
    edition = await edition_of(session, issue)
    sender = site_of(app.settings, edition).sender
    try:
        found = await read_version(app, session, issue, templates)
        facts = await facts_of(session, app, edition, issue, found.content, to_inbox=to_inbox)
    except (*UNUSABLE, NotFound) as wrong:  # of what is read here only the templates can be gone
        fault = {"fault": str(wrong)}
        return PreflightInput(issue.number, edition.slug, sender, fault, Facts(), _finding(wrong))
    if isinstance(found, IssueDraft):
        facts = replace(facts, sources=found.templates.files)
    return PreflightInput(
        number=issue.number,
        edition=edition.slug,
        sender=sender,
        sources=found.manifest,
        facts=await with_audience(session, edition, issue, facts) if audience else facts,
        found=found,
    )


async def inspect(
    app: App, seen: PreflightInput, *, network_seconds: float = 0, filters: bool = False
) -> Inspection:
    """Compile and check, beside the event loop; what makes no message is a finding as well.

    With `network_seconds` the network is asked too, for at most so long; `filters` asks the
    spam filters. Not to be called within a transaction.
    """
    if isinstance(seen.found, Finding):
        return Inspection(seen, None, Preflight((seen.found,)))
    try:
        frozen = await compile_version(seen.found)
        letters, preflight = await asyncio.to_thread(_checked, app, seen, frozen)
    except UNUSABLE as wrong:
        return Inspection(seen, None, Preflight((_finding(wrong),)))
    more: list[tuple[str, Finding]] = []
    if network_seconds:
        more += await ask_network(app, seen.sender, letters, seen.facts, network_seconds)
    if filters:
        more += await ask_filters(letters)
    findings = _joined(preflight.findings, more)
    return Inspection(seen, frozen, replace(preflight, findings=findings))


def _finding(wrong: DigestError) -> Finding:
    if isinstance(wrong, MessageError):
        return unusable_content(str(wrong))
    if isinstance(wrong, TemplateError):
        return broken_template(wrong.reason, wrong.file, wrong.line)
    return broken_template(str(wrong), "templates/email", None)


def _checked(
    app: App, seen: PreflightInput, frozen: FrozenIssue
) -> tuple[list[RenderedMessage], Preflight]:
    letters = messages_to_check(app, seen.edition, frozen)
    return letters, run(letters, seen.facts)


def _joined(found: Iterable[Finding], more: list[tuple[str, Finding]]) -> tuple[Finding, ...]:
    both = [*found, *merge_findings(more)]
    return tuple(sorted(both, key=lambda finding: (not finding.is_error, finding.code)))
