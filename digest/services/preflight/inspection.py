"""Looking an issue over: what is read of it in a session, and what is found once that is closed."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.errors import DigestError, NotFound
from digest.issues.freezing import Frozen
from digest.issues.tables import Issue
from digest.rendering.errors import MessageError, TemplateError
from digest.rendering.templates.template_set import ROOT
from digest.services.issues.drafts import Draft, as_it_stands, edition_of, frozen_of
from digest.services.preflight.facts import facts_of, with_audience
from digest.services.preflight.largest_reader import letters_of
from digest.services.preflight.network import ask_filters, ask_network
from digest.services.site import site_of
from previews.preflight.checks import Preflight, run
from previews.preflight.facts import Facts
from previews.preflight.finding import Finding, merged
from previews.preflight.letter import Letter
from previews.preflight.template import broken_template, unwritable

UNUSABLE = (TemplateError, MessageError)


@dataclass(frozen=True)
class Seen:
    """An issue and its circumstances as a session saw them, in plain values.

    Two that are equal make the same bytes and break the same rules. Where the templates or
    the sender cannot even be read, a finding was `found`, and `sources` tells it from another.
    """

    number: int
    edition: str
    sender: str
    sources: Mapping[str, Any]
    facts: Facts
    found: Draft | Frozen | Finding = field(compare=False, repr=False)


@dataclass(frozen=True)
class Inspected:
    """What was seen, the bytes it makes, and what is wrong with them.

    Where it makes none (`frozen` is None), the one finding says why, and nobody can override it.
    """

    seen: Seen
    frozen: Frozen | None
    preflight: Preflight


async def see(
    session: AsyncSession,
    app: App,
    issue: Issue,
    *,
    to_inbox: bool = False,
    audience: bool = False,
    templates: Path = ROOT,
) -> Seen:
    """Read all that a check needs, and compile nothing. Raises `Refused`.

    The `audience` only warns, and takes a while to count. `templates` is the folder of template
    sets that a draft is compiled with.
    """
    edition = await edition_of(session, issue)
    sender = site_of(app.settings, edition).sender
    try:
        found = await as_it_stands(app, session, issue, templates)
        facts = await facts_of(session, app, edition, issue, found.content, to_inbox=to_inbox)
    except (*UNUSABLE, NotFound) as wrong:  # of what is read here only the templates can be gone
        fault = {"fault": str(wrong)}
        return Seen(issue.number, edition.slug, sender, fault, Facts(), _finding(wrong))
    if isinstance(found, Draft):
        facts = replace(facts, sources=found.templates.files)
    return Seen(
        number=issue.number,
        edition=edition.slug,
        sender=sender,
        sources=found.manifest,
        facts=await with_audience(session, edition, issue, facts) if audience else facts,
        found=found,
    )


async def inspect(
    app: App, seen: Seen, *, network_seconds: float = 0, filters: bool = False
) -> Inspected:
    """Compile and check, beside the event loop; what makes no message is a finding as well.

    With `network_seconds` the network is asked too, for at most so long; `filters` asks the
    spam filters. Not to be called within a transaction.
    """
    if isinstance(seen.found, Finding):
        return Inspected(seen, None, Preflight((seen.found,)))
    try:
        frozen = await frozen_of(seen.found)
        letters, preflight = await asyncio.to_thread(_checked, app, seen, frozen)
    except UNUSABLE as wrong:
        return Inspected(seen, None, Preflight((_finding(wrong),)))
    more: list[tuple[str, Finding]] = []
    if network_seconds:
        more += await ask_network(app, seen.sender, letters, seen.facts, network_seconds)
    if filters:
        more += await ask_filters(letters)
    findings = _joined(preflight.findings, more)
    return Inspected(seen, frozen, replace(preflight, findings=findings))


def _finding(wrong: DigestError) -> Finding:
    if isinstance(wrong, MessageError):
        return unwritable(str(wrong))
    if isinstance(wrong, TemplateError):
        return broken_template(wrong.reason, wrong.file, wrong.line)
    return broken_template(str(wrong), "templates/email", None)


def _checked(app: App, seen: Seen, frozen: Frozen) -> tuple[list[Letter], Preflight]:
    letters = letters_of(app, seen.edition, frozen)
    return letters, run(letters, seen.facts)


def _joined(found: Iterable[Finding], more: list[tuple[str, Finding]]) -> tuple[Finding, ...]:
    both = [*found, *merged(more)]
    return tuple(sorted(both, key=lambda finding: (not finding.is_error, finding.code)))
