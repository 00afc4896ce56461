"""Compiling a target of the workbench, and telling whether it must be compiled again."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.errors import DigestError
from digest.issues.content import content_of
from digest.issues.freezing import FrozenIssue
from digest.issues.lookup import FROZEN, get_issue
from digest.rendering.content.issue_content import IssueContent
from digest.rendering.errors import TemplateError
from digest.rendering.message.compiled import CompiledMessage
from digest.rendering.templates.template_set import load_templates
from digest.services.issues.drafts import IssueDraft, compile_version, edition_of, read_version
from digest.services.workbench import samples
from digest.services.workbench.snapshot import SAMPLE, CompileProblem, PreviewTarget

CONTEXT_LINES = 2


@dataclass(frozen=True)
class Compilation:
    """Every variant of a target, compiled; `version` is what it was compiled from."""

    content: IssueContent
    variants: Mapping[str, CompiledMessage]
    state: str
    hash: str
    frozen: bool
    compiled_at: datetime
    version: str


async def compile_target(
    app: App, target: PreviewTarget, templates: Path, version: str
) -> Compilation:
    """Compile every variant. Raises `NotFound`, `TemplateError`, `DigestError`."""
    state: str = SAMPLE
    found: IssueDraft | FrozenIssue
    if target.kind == SAMPLE:
        sources = load_templates(samples.TEMPLATES, templates)
        found = IssueDraft(samples.sample_content(target.key), samples.SITE, sources)
    else:
        async with app.store.read() as session:
            issue = await get_issue(session, target.number)
            state = issue.state
            found = await read_version(app, session, issue, templates)
    compiled = await compile_version(found)
    return Compilation(
        content=compiled.content,
        variants=compiled.variants,
        state=state,
        hash=compiled.hash,
        frozen=isinstance(found, FrozenIssue),
        compiled_at=app.clock(),
        version=version,
    )


async def version_of(session: AsyncSession, target: PreviewTarget, templates: Path) -> str:
    """A hash of all that decides the bytes of a target, without compiling. Raises `NotFound`.

    What cannot be read counts with its error, so that correcting it makes another version.
    """
    if target.kind == SAMPLE:
        content: Any = samples.sample_content(target.key).model_dump_json()
        return _hashed(content, _sources(samples.TEMPLATES, templates))
    issue = await get_issue(session, target.number)
    if issue.state in FROZEN:
        return _hashed(issue.state, issue.hash)
    edition = await edition_of(session, issue)
    try:
        content = (await content_of(session, edition, issue)).model_dump_json()
    except DigestError as fault:
        content = str(fault)
    return _hashed(issue.state, content, _sources(edition.template, templates))


async def locate_problem(
    app: App, target: PreviewTarget, templates: Path, fault: TemplateError
) -> CompileProblem:
    """The fault with the lines around it, as they are on disk now."""
    name = samples.TEMPLATES
    if target.kind != SAMPLE:
        async with app.store.read() as session:
            issue = await get_issue(session, target.number)
            name = (await edition_of(session, issue)).template
    excerpt: tuple[tuple[int, str], ...] = ()
    for path in (templates / name / fault.file, templates / fault.file):
        if fault.line and path.is_file():
            excerpt = _lines_around(path, fault.line)
            break
    return CompileProblem(reason=fault.reason, file=fault.file, line=fault.line, excerpt=excerpt)


def _sources(name: str, templates: Path) -> str:
    try:
        return str(sorted(load_templates(name, templates).manifest().items()))
    except DigestError as fault:
        return str(fault)


def _lines_around(path: Path, line: int) -> tuple[tuple[int, str], ...]:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    first = max(line - CONTEXT_LINES, 1)
    return tuple(enumerate(lines[first - 1 : line + CONTEXT_LINES], first))


def _hashed(*parts: Any) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
