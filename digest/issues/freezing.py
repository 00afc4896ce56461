"""Approval: content, templates and compiled bytes frozen under one hash.

The hash is SHA-256 over a manifest of everything that decides the bytes: the
content, each item's revision, the templates, the sender and the versions of the
compilers. What is compiled here is what is sent; `rebuild` compiles the frozen
sources again and must get the same.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from importlib.metadata import version
from typing import Any, NamedTuple

from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.errors import Refused
from digest.issues.tables import CompiledVariant, FrozenFile, Issue, IssueOverride
from digest.rendering.content.issue_content import IssueContent, Site
from digest.rendering.issue import compile_variants
from digest.rendering.message.compiled import CompiledMessage
from digest.rendering.templates.template_set import TemplateSet

VARIANTS = ("all", "web")
COMPILERS = ("mjml-python", "jinja2", "css-inline")


@dataclass(frozen=True)
class FrozenIssue:
    """An issue as it would be sent: its content, every variant, the manifest and its hash."""

    content: IssueContent
    variants: Mapping[str, CompiledMessage]
    manifest: Mapping[str, Any]

    @property
    def hash(self) -> str:
        """SHA-256 of the manifest, hex."""
        return _sha256(self.manifest)


class FrozenSources(NamedTuple):
    """What is compiled: content, sender and templates."""

    content: IssueContent
    site: Site
    templates: TemplateSet


def freeze(content: IssueContent, site: Site, templates: TemplateSet) -> FrozenIssue:
    """Compile every variant and make the manifest. Raises `TemplateError`."""
    variants = compile_variants(content, site, templates, VARIANTS)
    hashes = {key: compiled.sha256 for key, compiled in variants.items()}
    sources = source_manifest(content, site, templates)
    return FrozenIssue(content, variants, {**sources, "variants": hashes})


def source_manifest(content: IssueContent, site: Site, templates: TemplateSet) -> dict[str, Any]:
    """Everything that decides the bytes, without compiling: equal sources make equal hashes."""
    return {
        "content": _sha256(content.model_dump(mode="json")),
        "items": {card.slug: _sha256(card.model_dump(mode="json")) for card in content.cards},
        "templates": dict(templates.manifest()),
        "site": site.model_dump(mode="json"),
        "compilers": {name: version(name) for name in COMPILERS},
    }


async def store_frozen(
    session: AsyncSession, issue: Issue, frozen: FrozenIssue, templates: TemplateSet
) -> None:
    """Store the compiled variants and the template sources of an issue just approved."""
    assert issue.id is not None
    kept = set((await session.exec(select(FrozenFile.sha256))).all())
    manifest = templates.manifest()
    sources = {manifest[path]: text for path, text in templates.files.items()}
    session.add_all(
        FrozenFile(sha256=sha256, text=text)
        for sha256, text in sources.items()
        if sha256 not in kept
    )
    await session.exec(delete(CompiledVariant).where(col(CompiledVariant.issue_id) == issue.id))
    session.add_all(
        CompiledVariant(
            issue_id=issue.id, key=key, sha256=compiled.sha256, compiled=compiled.to_bytes()
        )
        for key, compiled in frozen.variants.items()
    )
    await session.flush()


async def compiled_variant(session: AsyncSession, issue_id: int, key: str) -> CompiledMessage:
    """The frozen message of one variant.

    Raises `Refused` if the issue was never approved, or the stored bytes do not match their hash.
    """
    found = await session.exec(
        select(CompiledVariant).where(
            CompiledVariant.issue_id == issue_id, CompiledVariant.key == key
        )
    )
    variant = found.first()
    if variant is None:
        raise Refused("the issue has not been approved, so it has no frozen variants")
    compiled = CompiledMessage.from_bytes(variant.compiled)
    if compiled.sha256 != variant.sha256:
        raise Refused(f"the frozen variant {key!r} is damaged: its hash is not the approved one")
    return compiled


async def rebuild(session: AsyncSession, issue: Issue) -> tuple[FrozenIssue, list[str]]:
    """Compile an approved issue again from its frozen sources.

    Returns the result and its differences from what was approved; without any, segments and
    hash are the same. Raises `Refused` for an issue that was never approved.
    """
    if issue.manifest is None or issue.content is None:
        raise Refused(f"issue {issue.number} has not been approved, so there is nothing to rebuild")
    manifest = issue.manifest
    rebuilt = freeze(
        IssueContent.model_validate(issue.content),
        Site.model_validate(manifest["site"]),
        await _frozen_templates(session, manifest),
    )
    differences = _differences(manifest, rebuilt.manifest)
    return rebuilt, differences


async def redated(session: AsyncSession, issue: Issue, day: date) -> FrozenSources:
    """What an approved issue was compiled from, with another printed date and nothing else new."""
    if issue.manifest is None or issue.content is None:
        raise Refused(f"issue {issue.number} has not been approved, so it has no frozen sources")
    content = IssueContent.model_validate(issue.content).model_copy(update={"date": day})
    site = Site.model_validate(issue.manifest["site"])
    return FrozenSources(content, site, await _frozen_templates(session, issue.manifest))


async def keep_redated(
    session: AsyncSession, issue: Issue, frozen: FrozenIssue, templates: TemplateSet
) -> None:
    """Replace an approved issue's bytes by those with another date; its overrides stay valid."""
    await session.exec(
        update(IssueOverride)
        .where(col(IssueOverride.issue_id) == issue.id, col(IssueOverride.hash) == issue.hash)
        .values(hash=frozen.hash)
    )
    issue.hash, issue.manifest = frozen.hash, dict(frozen.manifest)
    issue.content = frozen.content.model_dump(mode="json")
    issue.issue_date = frozen.content.date
    session.add(issue)
    await store_frozen(session, issue, frozen, templates)


async def _frozen_templates(session: AsyncSession, manifest: Mapping[str, Any]) -> TemplateSet:
    paths: dict[str, str] = manifest["templates"]
    rows = await session.exec(
        select(FrozenFile).where(col(FrozenFile.sha256).in_(set(paths.values())))
    )
    texts = {file.sha256: file.text for file in rows}
    return TemplateSet(name="frozen", files={path: texts[sha] for path, sha in paths.items()})


def _differences(approved: Mapping[str, Any], rebuilt: Mapping[str, Any]) -> list[str]:
    found = []
    for part, before in approved.items():
        after = rebuilt.get(part)
        if before == after:
            continue
        if not isinstance(before, dict) or not isinstance(after, dict):
            found.append(f"{part} differs")
            continue
        changed = sorted(k for k in before.keys() | after.keys() if before.get(k) != after.get(k))
        found.append(f"{part}: {', '.join(changed)}")
    return found


def _sha256(value: Any) -> str:
    """Over canonical JSON: sorted keys, no spaces, UTF-8."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def approval(frozen: FrozenIssue, by: str, now: datetime) -> dict[str, Any]:
    """The column values of an approved issue."""
    return {
        "hash": frozen.hash,
        "manifest": dict(frozen.manifest),
        "content": frozen.content.model_dump(mode="json"),
        "approved_at": now,
        "approved_by": by,
    }
