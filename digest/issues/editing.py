"""An editor's changes to a draft. Editing an approved issue voids its approval."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.errors import UsageError
from digest.issues.composing import Composed, refresh
from digest.issues.lookup import candidates_of
from digest.issues.tables import Issue
from digest.issues.transitions import reopen
from schedules.tables import Edition

MAX_SUBJECT = 200
MAX_SENTENCE = 500


@dataclass(frozen=True)
class Edit:
    """A change; None leaves a field as it is, an empty text restores the one made by rule.

    Raises `UsageError` for control characters, which could forge headers, and for overlong texts.
    """

    subject: str | None = None
    preheader: str | None = None
    sentence: str | None = None
    order: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        limits = {"subject": MAX_SUBJECT, "preheader": MAX_SUBJECT, "sentence": MAX_SENTENCE}
        for name, limit in limits.items():
            text = getattr(self, name) or ""
            if any(ord(character) < 32 for character in text):
                raise UsageError(f"the {name} must be one line without control characters")
            if len(text) > limit:
                raise UsageError(f"the {name} is longer than {limit} characters")


async def apply(
    session: AsyncSession, edition: Edition, issue: Issue, edit: Edit, now: datetime
) -> Composed:
    """Change a draft and select its items again; an approved issue becomes a draft first.

    Raises `UsageError` for a slug that is no candidate, `Refused` once the issue is being sent.
    """
    await _check_slugs(session, issue, edit)
    await reopen(session, issue, now)
    if edit.subject is not None:
        issue.subject = edit.subject.strip() or None
    if edit.preheader is not None:
        issue.preheader = edit.preheader.strip() or None
    if edit.sentence is not None:
        issue.sentence = edit.sentence.strip() or None
    if edit.order is not None:
        issue.order = list(edit.order)
    kept = [slug for slug in issue.exclusions if slug not in edit.include]
    issue.exclusions = list(dict.fromkeys([*kept, *edit.exclude]))
    return await refresh(session, edition, issue, now)


async def _check_slugs(session: AsyncSession, issue: Issue, edit: Edit) -> None:
    assert issue.id is not None
    known = {slug for _, slug in await candidates_of(session, issue.id)}
    for slug in (*(edit.order or ()), *edit.exclude, *edit.include):
        if slug not in known:
            raise UsageError(
                f"{slug!r} is not a candidate of issue {issue.number}; "
                f"`digest issues show {issue.number}` lists them"
            )
