"""The workbench: a sample or an issue as it would be sent now, and the last good view of it.

Every look at it compiles anew, in a thread, if anything changed since; a mistake in a template
is told with its place, beside what the last good compilation made.
"""

import asyncio
import hashlib
from collections import OrderedDict
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.errors import DigestError, NotFound, UsageError
from digest.issues.content import content_of
from digest.issues.freezing import FrozenIssue
from digest.issues.lookup import FROZEN, get_issue
from digest.rendering.errors import TemplateError
from digest.rendering.message.reader_values import ReaderValues
from digest.rendering.templates.template_set import ROOT, load_templates
from digest.services.issues.drafts import IssueDraft, compile_version, edition_of, read_version
from digest.services.issues.preview import preview_reader
from digest.services.reader_values import reader_values
from digest.services.workbench import samples
from digest.services.workbench.snapshot import (
    SAMPLE,
    Compilation,
    CompileProblem,
    PreviewTarget,
    RenderedVariant,
    Snapshot,
)
from subscribers.address import EmailAddress, InvalidAddress
from subscribers.readers import find

CONTEXT_LINES = 2
KEPT = 16


class Workbench:
    """Looks at subjects; keeps their last good compilations. `templates`: the sets' folder."""

    def __init__(self, app: App, templates: Path = ROOT) -> None:
        self.app, self.templates = app, templates
        self._locks: WeakValueDictionary[PreviewTarget, asyncio.Lock] = WeakValueDictionary()
        self._good: OrderedDict[PreviewTarget, Compilation] = OrderedDict()
        self._wrong: dict[PreviewTarget, tuple[str, CompileProblem]] = {}

    async def look(
        self, subject: PreviewTarget, variant: str = "", reader: str | None = None
    ) -> Snapshot:
        """Compile what has changed and show it. Raises `NotFound`, `UsageError`.

        Compiling goes on beside the event loop, once at a time for each subject. Whoever comes
        meanwhile waits, and looks only then at what there is, so that the last edit wins.
        """
        async with self._locks.setdefault(subject, asyncio.Lock()):
            stamp, problem = await self._renew(subject)
            made = self._good.get(subject)
        shown = await self._shown(subject, made, variant, reader) if made else None
        return Snapshot(subject, shown, problem, stamp)

    async def stamp(self, subject: PreviewTarget) -> str:
        """What changes when the subject, its state or its templates do."""
        async with self.app.store.read() as session:
            return await self._stamp(session, subject)

    async def _renew(self, subject: PreviewTarget) -> tuple[str, CompileProblem | None]:
        """Compile anew unless this very stamp was compiled before, well or not."""
        stamp = await self.stamp(subject)
        made = self._good.get(subject)
        if made and made.stamp == stamp:
            self._wrong.pop(subject, None)
            return stamp, None
        known, problem = self._wrong.get(subject, ("", None))
        if known == stamp:
            return stamp, problem
        try:
            self._keep(subject, await self._make(subject, stamp))
            return stamp, None
        except NotFound:
            raise
        except TemplateError as fault:
            problem = await self._placed(subject, fault)
        except DigestError as fault:
            problem = CompileProblem(str(fault))
        self._wrong[subject] = stamp, problem
        return stamp, problem

    def _keep(self, subject: PreviewTarget, made: Compilation) -> None:
        self._wrong.pop(subject, None)
        self._good[subject] = made
        self._good.move_to_end(subject)
        while len(self._good) > KEPT:
            self._good.popitem(last=False)

    async def _make(self, subject: PreviewTarget, stamp: str) -> Compilation:
        state: str = SAMPLE
        found: IssueDraft | FrozenIssue
        if subject.kind == SAMPLE:
            sources = load_templates(samples.TEMPLATES, self.templates)
            found = IssueDraft(samples.sample_content(subject.key), samples.SITE, sources)
        else:
            async with self.app.store.read() as session:
                issue = await get_issue(session, subject.number)
                state = issue.state
                found = await read_version(self.app, session, issue, self.templates)
        made, frozen = await compile_version(found), isinstance(found, FrozenIssue)
        now = self.app.clock()
        return Compilation(made.content, made.variants, state, made.hash, frozen, now, stamp)

    async def _stamp(self, session: AsyncSession, subject: PreviewTarget) -> str:
        if subject.kind == SAMPLE:
            said: Any = samples.sample_content(subject.key).model_dump_json()
            return _hashed(said, self._sources(samples.TEMPLATES))
        issue = await get_issue(session, subject.number)
        if issue.state in FROZEN:
            return _hashed(issue.state, issue.hash)
        edition = await edition_of(session, issue)
        try:
            said = (await content_of(session, edition, issue)).model_dump_json()
        except DigestError as fault:
            said = str(fault)
        return _hashed(issue.state, said, self._sources(edition.template))

    def _sources(self, name: str) -> str:
        try:
            return str(sorted(load_templates(name, self.templates).manifest().items()))
        except DigestError as fault:
            return str(fault)

    async def _shown(
        self, subject: PreviewTarget, made: Compilation, variant: str, reader: str | None
    ) -> RenderedVariant:
        key = variant or next(iter(made.variants))
        if key not in made.variants:
            raise NotFound(f"there is no variant {key!r}; there are {', '.join(made.variants)}")
        values = samples.READER
        if subject.kind != SAMPLE:
            values = preview_reader(self.app)
            if reader:
                values = await self._as(made, values, reader)
        compiled = made.variants[key]
        return RenderedVariant(
            made=made,
            variant=key,
            reader=reader or None,
            html=compiled.html(values),
            text=compiled.text(values),
            eml=compiled.fill(values),
        )

    async def _as(self, made: Compilation, values: ReaderValues, reader: str) -> ReaderValues:
        """Her own address and signed links."""
        try:
            address = EmailAddress.parse(reader)
        except InvalidAddress as error:
            raise UsageError(f"{reader}: {error}") from None
        async with self.app.store.read() as session:
            found = await find(session, self.app.keyring, address)
        if found is None or found.id is None or found.address is None:
            raise NotFound(f"{address.normalised} is not a reader; `digest readers list` has them")
        return reader_values(
            self.app,
            address=address.wire,
            message_id=values.message_id,
            date=values.date,
            subscriber_id=found.id,
            edition=made.content.edition,
            needs_smtputf8=address.needs_smtputf8,
        )

    async def _placed(self, subject: PreviewTarget, fault: TemplateError) -> CompileProblem:
        """The fault with the lines around it, as they are on the disk."""
        name = samples.TEMPLATES
        if subject.kind != SAMPLE:
            async with self.app.store.read() as session:
                issue = await get_issue(session, subject.number)
                name = (await edition_of(session, issue)).template
        excerpt: tuple[tuple[int, str], ...] = ()
        for path in (self.templates / name / fault.file, self.templates / fault.file):
            if fault.line and path.is_file():
                excerpt = _around(path, fault.line)
                break
        return CompileProblem(fault.reason, fault.file, fault.line, excerpt)


def _around(path: Path, line: int) -> tuple[tuple[int, str], ...]:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    first = max(line - CONTEXT_LINES, 1)
    return tuple(enumerate(lines[first - 1 : line + CONTEXT_LINES], first))


def _hashed(*parts: Any) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
