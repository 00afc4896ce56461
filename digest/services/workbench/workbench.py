"""The workbench: a sample or an issue as it would be sent now.

Each request compiles in a thread, if anything has changed since the last one. After a mistake
in a template the problem is reported with its place, beside the last good rendering.
"""

import asyncio
from collections import OrderedDict
from pathlib import Path
from weakref import WeakValueDictionary

from digest.app import App
from digest.errors import DigestError, NotFound, UsageError
from digest.rendering.errors import TemplateError
from digest.rendering.message.reader_slots import ReaderValues
from digest.rendering.templates.template_set import ROOT
from digest.services.issues.preview import preview_reader
from digest.services.preflight.check import CheckedIssue
from digest.services.reader_values import reader_values
from digest.services.workbench import samples
from digest.services.workbench.compilation import (
    Compilation,
    compile_target,
    locate_problem,
    version_of,
)
from digest.services.workbench.finding_places import PlacedFinding, place_of
from digest.services.workbench.snapshot import (
    SAMPLE,
    CompileProblem,
    PreviewTarget,
    RenderedVariant,
    Snapshot,
)
from subscribers.address import EmailAddress, InvalidAddress
from subscribers.readers import find

KEPT = 16


class Workbench:
    """Renders targets and keeps their last good compilations.

    `templates` is the folder of the template sets.
    """

    def __init__(self, app: App, templates: Path = ROOT) -> None:
        self.app, self.templates = app, templates
        self._locks: WeakValueDictionary[PreviewTarget, asyncio.Lock] = WeakValueDictionary()
        self._good: OrderedDict[PreviewTarget, Compilation] = OrderedDict()
        self._problems: dict[PreviewTarget, tuple[str, CompileProblem]] = {}

    async def snapshot(
        self, target: PreviewTarget, variant: str = "", reader: str | None = None
    ) -> Snapshot:
        """Compile what has changed and render it. Raises `NotFound`, `UsageError`.

        Only one compilation runs at a time for each target. A request that comes meanwhile
        waits and reads the version only then, so that the last edit wins.
        """
        async with self._locks.setdefault(target, asyncio.Lock()):
            version, problem = await self._refresh(target)
            compiled = self._good.get(target)
        rendered = await self._render(target, compiled, variant, reader) if compiled else None
        return Snapshot(target=target, rendered=rendered, problem=problem, version=version)

    async def version(self, target: PreviewTarget) -> str:
        """A hash that changes when the target, its state or its templates do."""
        async with self.app.store.read() as session:
            return await version_of(session, target, self.templates)

    def place_findings(
        self, snapshot: Snapshot, checked: CheckedIssue
    ) -> tuple[PlacedFinding, ...]:
        """Where each finding can be seen; nowhere, if preflight checked other bytes than these."""
        compiled, rendered = self._good.get(snapshot.target), snapshot.rendered
        if not compiled or not rendered or not compiled.hash == rendered.hash == checked.hash:
            return tuple(PlacedFinding(checked=found, place=None) for found in checked.findings)
        variant, variants = rendered.variant, compiled.variants
        return tuple(
            PlacedFinding(checked=found, place=place_of(found.finding, variant, variants))
            for found in checked.findings
        )

    async def _refresh(self, target: PreviewTarget) -> tuple[str, CompileProblem | None]:
        """Compile, unless this very version was compiled before, successfully or not."""
        version = await self.version(target)
        good = self._good.get(target)
        if good and good.version == version:
            self._problems.pop(target, None)
            return version, None
        known, problem = self._problems.get(target, ("", None))
        if known == version:
            return version, problem
        try:
            self._keep(target, await compile_target(self.app, target, self.templates, version))
            return version, None
        except NotFound:
            raise
        except TemplateError as fault:
            problem = await locate_problem(self.app, target, self.templates, fault)
        except DigestError as fault:
            problem = CompileProblem(reason=str(fault))
        self._problems[target] = version, problem
        return version, problem

    def _keep(self, target: PreviewTarget, compiled: Compilation) -> None:
        self._problems.pop(target, None)
        self._good[target] = compiled
        self._good.move_to_end(target)
        while len(self._good) > KEPT:
            self._good.popitem(last=False)

    async def _render(
        self, target: PreviewTarget, compiled: Compilation, variant: str, reader: str | None
    ) -> RenderedVariant:
        key = variant or next(iter(compiled.variants))
        if key not in compiled.variants:
            raise NotFound(f"there is no variant {key!r}; there are {', '.join(compiled.variants)}")
        values = samples.READER
        if target.kind != SAMPLE:
            values = preview_reader(self.app)
            if reader:
                values = await self._values_of(compiled, values, reader)
        message = compiled.variants[key]
        return RenderedVariant(
            variant=key,
            variants=tuple(compiled.variants),
            reader=reader or None,
            sender=message.sender,
            subject=compiled.content.subject,
            preheader=compiled.content.preheader,
            html=message.html(values),
            text=message.text(values),
            eml=message.fill(values),
            state=compiled.state,
            hash=compiled.hash,
            frozen=compiled.frozen,
            compiled_at=compiled.compiled_at,
            version=compiled.version,
        )

    async def _values_of(
        self, compiled: Compilation, values: ReaderValues, reader: str
    ) -> ReaderValues:
        """The reader's own address and signed links."""
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
            edition=compiled.content.edition,
            needs_smtputf8=address.needs_smtputf8,
        )
