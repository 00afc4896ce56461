"""An issue as it would be sent now: frozen if it is approved, else compiled from the draft."""

from pathlib import Path

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.errors import NotFound
from digest.flows.sites import site_of
from digest.issues.content import content_of
from digest.issues.freezing import VARIANTS, Frozen, compiled_variant, freeze
from digest.issues.lookup import FROZEN, get_issue
from digest.issues.tables import Issue
from digest.rendering.content import IssueContent
from digest.rendering.templates import ROOT, load_templates
from schedules.tables import Edition


async def edition_of(session: AsyncSession, issue: Issue) -> Edition:
    """The issue's edition."""
    edition = await session.get(Edition, issue.edition_id)
    if edition is None:
        raise NotFound(f"the edition of issue {issue.number} is gone")
    return edition


async def draft_of(app: App, session: AsyncSession, number: int, templates: Path = ROOT) -> Frozen:
    """The issue's content and every variant; raises `TemplateError` or `Refused`.

    `templates` is the folder of template sets that a draft is compiled with.
    """
    issue = await get_issue(session, number)
    if issue.state in FROZEN and issue.content and issue.manifest:
        assert issue.id is not None
        return Frozen(
            content=IssueContent.model_validate(issue.content),
            variants={key: await compiled_variant(session, issue.id, key) for key in VARIANTS},
            manifest=issue.manifest,
        )
    edition = await edition_of(session, issue)
    content = await content_of(session, edition, issue)
    return freeze(
        content, site_of(app.settings, edition), load_templates(edition.template, templates)
    )
