"""Inspecting an issue: its input is read in a session, and checked after that is closed."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

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
from digest.services.sender_details import site_of
from previews.preflight.checks import Preflight, run
from previews.preflight.compile_errors import broken_template, unusable_content
from previews.preflight.facts import Facts
from previews.preflight.finding import Finding, merge_findings
from previews.preflight.rendered_message import RenderedMessage

UNUSABLE = (TemplateError, MessageError)


@dataclass(frozen=True)
class PreflightInput:
    """An issue and its circumstances as one session saw them, in plain values.

    Equal inputs make the same bytes and break the same rules. `version` is what is to be
    compiled; where templates or sender cannot even be read it is the finding that says so, and
    `sources` then holds the reason, so that two different reasons are not equal.
    """

    number: int
    edition: str
    sender: str
    sources: Mapping[str, Any]
    facts: Facts
    version: IssueDraft | FrozenIssue | Finding = field(compare=False, repr=False)


@dataclass(frozen=True)
class Inspection:
    """The input, the bytes that it makes, and what is wrong with them.

    Where it makes none (`frozen` is None), the only finding says why and cannot be overridden.
    """

    input: PreflightInput
    frozen: FrozenIssue | None
    preflight: Preflight


async def read_input(
    session: AsyncSession,
    app: App,
    issue: Issue,
    *,
    to_inbox: bool = False,
    audience: bool = False,
    send_at: datetime | None = None,
    templates: Path = ROOT,
) -> PreflightInput:
    """Read everything that a check needs; compile nothing. Raises `Refused`.

    Findings on the `audience` are warnings only, and counting it takes a while. `send_at` is
    when the issue would be sent, if not at the time that it has: it is dated that day, even if
    it was approved for another one. `templates` is the folder of
    template sets that a draft is compiled with.
    """
    edition = await edition_of(session, issue)
    sender = site_of(app.settings, edition).sender
    try:
        day = send_at.astimezone(ZoneInfo(edition.zone)).date() if send_at else None
        version = await read_version(app, session, issue, templates, day=day)
        facts = await facts_of(
            session, app, edition, issue, version.content, to_inbox=to_inbox, send_at=send_at
        )
    except (*UNUSABLE, NotFound) as wrong:  # NotFound: only the templates can be missing here
        fault = {"fault": str(wrong)}
        return PreflightInput(issue.number, edition.slug, sender, fault, Facts(), _finding(wrong))
    if isinstance(version, IssueDraft):
        facts = replace(facts, sources=version.templates.files)
    return PreflightInput(
        number=issue.number,
        edition=edition.slug,
        sender=sender,
        sources=version.manifest,
        facts=await with_audience(session, edition, issue, facts) if audience else facts,
        version=version,
    )


async def inspect(
    app: App, seen: PreflightInput, *, network_seconds: float = 0, filters: bool = False
) -> Inspection:
    """Compile and check, in threads; a version that makes no message is a finding as well.

    With `network_seconds` links and DNS are checked too, for at most that long; `filters` runs
    the spam filters. Not to be called within a transaction: it takes up to seconds.
    """
    if isinstance(seen.version, Finding):
        return Inspection(seen, None, Preflight((seen.version,)))
    try:
        frozen = await compile_version(seen.version)
        messages, preflight = await asyncio.to_thread(_checked, app, seen, frozen)
    except UNUSABLE as wrong:
        return Inspection(seen, None, Preflight((_finding(wrong),)))
    more: list[tuple[str, Finding]] = []
    if network_seconds:
        more += await ask_network(app, seen.sender, messages, seen.facts, network_seconds)
    if filters:
        more += await ask_filters(messages)
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
    messages = messages_to_check(app, seen.edition, frozen)
    return messages, run(messages, seen.facts)


def _joined(found: Iterable[Finding], more: list[tuple[str, Finding]]) -> tuple[Finding, ...]:
    both = [*found, *merge_findings(more)]
    return tuple(sorted(both, key=lambda finding: (not finding.is_error, finding.code)))
