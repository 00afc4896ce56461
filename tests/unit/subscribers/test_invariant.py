"""In any order of events: a reader who left or is suppressed gets nothing until they confirm."""

import asyncio
import tempfile
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from digest.store import open_store
from digest.tables import metadata
from subscribers.asking import Outcome
from subscribers.errors import LinkExpired, LinkInvalid
from subscribers.keys import Keyring
from subscribers.states import SuppressionReason
from tests.unit.subscribers.conftest import ANN, ReaderActions

EDITIONS = ("weekly", "monthly")

# Written out, so that the model does not follow a mistake in the code.
LIFTED_BY_EDITOR = {
    SuppressionReason.BOUNCE,
    SuppressionReason.COMPLAINT,
    SuppressionReason.MANUAL,
}
LIFTED_BY_CONFIRMING = {
    SuppressionReason.BOUNCE,
    SuppressionReason.ERASURE,
    SuppressionReason.UNSUBSCRIBE,
}
NO_CONFIRMATION_MAIL = {SuppressionReason.COMPLAINT, SuppressionReason.MANUAL}
STORED = {Outcome.MAILED, Outcome.COVERED, Outcome.WAITS}
NOT_BY_LINK = {SuppressionReason.BOUNCE, SuppressionReason.COMPLAINT, SuppressionReason.MANUAL}

editions = st.sampled_from(EDITIONS)
attempts = st.sampled_from(["import", "lift", "click", "request and import", "none"])
reasons = st.sampled_from(sorted(LIFTED_BY_EDITOR))


class ReaderMachine(RuleBasedStateMachine):
    """The model knows only in which editions the reader agreed after last leaving."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name)
        store = open_store(f"sqlite+aiosqlite:///{path / 'digest.db'}")
        now = datetime(2026, 11, 20, 12, tzinfo=UTC)
        self.readers = ReaderActions(store, Keyring("a key for this state machine only"), now)
        self.file = path / "list.csv"
        self.links: list[tuple[str, str]] = []
        self.void: set[str] = set()
        self.known: set[str] = set()
        self.agreed: set[str] = set()
        self.left: set[str] = set()
        self.suppressed: set[SuppressionReason] = set()
        self.run(self._create())

    async def _create(self) -> None:
        async with self.readers.store.engine.begin() as connection:
            await connection.run_sync(metadata.create_all)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        self.run(self.readers.store.close())
        self.loop.close()
        self.folder.cleanup()

    def _leaves(self, *which: str) -> None:
        self.void |= {raw for raw, edition in self.links if edition in which}
        for edition in set(which) & self.known:
            self.left.add(edition)
            self.agreed.discard(edition)

    def _id(self) -> int:
        return int(self.run(self.readers.id_of()))

    def _agrees(self, edition: str) -> None:
        self.known.add(edition)
        self.agreed.add(edition)
        self.left.discard(edition)
        self.suppressed -= LIFTED_BY_CONFIRMING

    @initialize()
    def start_as_a_reader(self) -> None:
        self.sign_up_and_confirm("weekly")

    @rule(hours=st.sampled_from([1, 25, 24 * 31]))
    def wait(self, hours: int) -> None:
        self.readers.later(hours=hours)

    @rule(edition=editions)
    def sign_up(self, edition: str) -> None:
        raw = self.run(self.readers.request(edition=edition))
        assert self.readers.requested
        if self.readers.requested.outcome not in STORED:
            return
        assert not self.suppressed & NO_CONFIRMATION_MAIL
        self.known.add(edition)
        if raw is not None:
            self.links.append((raw, edition))

    @rule(edition=editions)
    def be_signed_up_by_somebody(self, edition: str) -> None:
        before = set(self.run(self.readers.audience(edition)))
        self.sign_up(edition)
        assert set(self.run(self.readers.audience(edition))) == before

    @rule(edition=editions)
    def sign_up_and_confirm(self, edition: str) -> None:
        self.readers.later(hours=25)
        self.sign_up(edition)
        if self.links:
            self._click(*self.links[-1])

    @rule(data=st.data())
    def click_some_link(self, data: st.DataObject) -> None:
        if self.links:
            self._click(*data.draw(st.sampled_from(self.links)))

    def _click(self, raw: str, edition: str) -> None:
        try:
            confirmed = self.run(self.readers.confirm(raw))
        except (LinkExpired, LinkInvalid):
            return
        assert not self.suppressed & NO_CONFIRMATION_MAIL
        if confirmed.changed:
            assert raw not in self.void
            assert edition in confirmed.editions
            for one in confirmed.editions:
                self._agrees(one)

    @rule(edition=editions, attempt=attempts)
    def leave_an_edition(self, edition: str, attempt: str) -> None:
        self.run(self.readers.unsubscribe(self._id(), edition))
        self._leaves(edition)
        self._try_to_revive(edition, attempt)

    @rule(edition=editions, attempt=attempts)
    def leave_all(self, edition: str, attempt: str) -> None:
        if self.run(self.readers.unsubscribe(self._id(), None)):
            self.suppressed.add(SuppressionReason.UNSUBSCRIBE)
            self._leaves(*EDITIONS)
        self._try_to_revive(edition, attempt)

    @rule(wanted=st.sets(editions))
    def set_preferences(self, wanted: set[str]) -> None:
        changes = self.run(self.readers.set_editions(self._id(), *wanted))
        assert not (changes.started and self.suppressed & NOT_BY_LINK)
        self._leaves(*changes.ended)
        for edition in changes.started:
            self._agrees(edition)

    @rule(edition=editions, confirmed=st.booleans())
    def be_imported(self, edition: str, confirmed: bool) -> None:
        self.file.write_text(f"email\n{ANN.text}\n", encoding="utf-8")
        self.run(self.readers.import_file(self.file, edition, confirmed=confirmed))
        # An import counts as consent only where the reader never left and nothing is in force.
        if not self.suppressed and edition not in self.left:
            self.known.add(edition)
            if confirmed:
                self.agreed.add(edition)

    @rule(reason=reasons, edition=editions, attempt=attempts)
    def be_suppressed(self, reason: SuppressionReason, edition: str, attempt: str) -> None:
        self.run(self.readers.suppress(reason))
        self.suppressed.add(reason)
        if reason is SuppressionReason.COMPLAINT:
            self._leaves(*EDITIONS)
        self._try_to_revive(edition, attempt)

    @rule()
    def lift_by_editor(self) -> None:
        self.run(self.readers.lift())
        self.suppressed -= LIFTED_BY_EDITOR

    @rule(edition=editions, attempt=attempts)
    def be_erased(self, edition: str, attempt: str) -> None:
        if self.run(self.readers.erase()) is not None:
            self.suppressed.add(SuppressionReason.ERASURE)
            self._leaves(*EDITIONS)
        self._try_to_revive(edition, attempt)

    def _try_to_revive(self, edition: str, attempt: str) -> None:
        """Random rules would seldom follow a leaving with an act that must not undo it."""
        if attempt == "import":
            self.be_imported(edition, confirmed=True)
        elif attempt == "lift":
            self.lift_by_editor()
        elif attempt == "click" and self.links:
            self._click(*self.links[-1])
        elif attempt == "request and import":
            self.sign_up(edition)
            self.be_imported(edition, confirmed=True)

    @invariant()
    def nobody_is_mailed_who_did_not_agree_since(self) -> None:
        for edition in EDITIONS:
            if self.run(self.readers.audience(edition)):
                assert not self.suppressed
                assert edition in self.agreed


ReaderMachine.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestAnyOrderOfEvents: Callable[..., Any] = ReaderMachine.TestCase
