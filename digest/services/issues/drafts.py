"""An issue as it would be sent now: frozen if it is approved, else compiled from the draft."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.errors import NotFound
from digest.issues.content import content_of
from digest.issues.freezing import (
    VARIANTS,
    FrozenIssue,
    compiled_variant,
    freeze,
    redated,
    source_manifest,
)
from digest.issues.lookup import FROZEN, get_issue
from digest.issues.tables import Issue
from digest.rendering.content.issue_content import IssueContent, Site
from digest.rendering.templates.template_set import ROOT, TemplateSet, load_templates
from digest.services.sender_details import site_of
from schedules.tables import Edition


@dataclass(frozen=True, eq=False)
class IssueDraft:
    """Everything that decides an issue's bytes, before it is compiled."""

    content: IssueContent
    site: Site
    templates: TemplateSet

    @property
    def manifest(self) -> Mapping[str, Any]:
        """Equal for drafts that make the same bytes."""
        return source_manifest(self.content, self.site, self.templates)

    async def compiled(self) -> FrozenIssue:
        """Compile every variant, in a thread. Raises `TemplateError`, `MessageError`."""
        return await asyncio.to_thread(freeze, self.content, self.site, self.templates)


async def edition_of(session: AsyncSession, issue: Issue) -> Edition:
    """The issue's edition. Raises `NotFound`."""
    edition = await session.get(Edition, issue.edition_id)
    if edition is None:
        raise NotFound(f"the edition of issue {issue.number} is gone")
    return edition


async def read_version(
    app: App,
    session: AsyncSession,
    issue: Issue,
    templates: Path = ROOT,
    *,
    day: date | None = None,
) -> IssueDraft | FrozenIssue:
    """The issue's draft, or its frozen bytes once it is approved, without compiling anything.

    `templates` is the folder of template sets that a draft is compiled with. `day` is the local
    date on which it would be sent: an approved issue of another date is returned as a draft of
    its frozen sources with that date, to be compiled again.
    Raises `TemplateError`, `Refused`.
    """
    if issue.state in FROZEN and issue.content and issue.manifest:
        assert issue.id is not None
        if day is not None and day != issue.issue_date:
            return IssueDraft(*await redated(session, issue, day))
        return FrozenIssue(
            content=IssueContent.model_validate(issue.content),
            variants={key: await compiled_variant(session, issue.id, key) for key in VARIANTS},
            manifest=issue.manifest,
        )
    edition = await edition_of(session, issue)
    content = await content_of(session, edition, issue)
    return IssueDraft(
        content, site_of(app.settings, edition), load_templates(edition.template, templates)
    )


async def compile_version(version: IssueDraft | FrozenIssue) -> FrozenIssue:
    """The frozen issue; a draft is compiled first. Raises `TemplateError`, `MessageError`."""
    return version if isinstance(version, FrozenIssue) else await version.compiled()


async def compiled_issue(
    app: App, session: AsyncSession, number: int, templates: Path = ROOT
) -> FrozenIssue:
    """The issue as it would be sent now. Raises `NotFound`, `TemplateError` or `Refused`."""
    issue = await get_issue(session, number)
    return await compile_version(await read_version(app, session, issue, templates))
