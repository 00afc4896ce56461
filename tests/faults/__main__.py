"""`make faults`: every fault with many seeds.

Prints a table and writes `var/faults.json`; the exit status is 1 after a breach.
"""

import asyncio
import json
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from digest.cli.runtime import run_loop
from tests.faults.clocks import FaketimeMissing, find_library
from tests.faults.installation import CONNECTIONS, Template, prepare
from tests.faults.matrix import cases
from tests.faults.relays import try_all
from tests.faults.scenarios import KILLED, KILLED_AMONG, SLEPT, TERMINATED, WRONG, Scenario, judge
from tests.faults.scene import Ground
from tests.faults.troubles import CLOCK, CUT_OFF, DISK_FULL, LOCKED
from tests.faults.verdicts import Observed
from tests.postgres import PostgresMissing, start_cluster

READERS = 150
ROUNDS = 25
SEEDS = 6
FEW = 3
AT_ONCE = 2
STOPS = 50  # at least this many over all runs
RESULTS = Path("var/faults.json")
COLUMNS = {
    "runs": "runs",
    "struck": "struck",
    "lost": "lost",
    "doubled": "doubled",
    "most_copies": "most",
    "ever_unknown": "unknown",
    "held": "held",
}

WORDS = {
    "steering": "Pause, resume, cancel, unsubscribe and crash in every order",
    "weeks": "Four weeks of the engine in which everything goes wrong",
}

Result = dict[str, Any]


@dataclass(frozen=True)
class Planned:
    """A scenario, how many seeds it gets, and how often it must take effect over all runs."""

    scenario: Scenario
    seeds: int
    rounds: int = ROUNDS
    least: int = 1


ON_SQLITE = [
    *(Planned(scenario, SEEDS) for scenario in (*KILLED, *KILLED_AMONG)),
    *(Planned(scenario, FEW) for scenario in WRONG),
    Planned(TERMINATED, FEW, least=STOPS),
    Planned(SLEPT, FEW),
    Planned(LOCKED, FEW, rounds=10),
    Planned(DISK_FULL, FEW, rounds=10),
]
WITH_FAKETIME = [Planned(CLOCK, FEW)]
ON_POSTGRESQL = [
    *(Planned(scenario, FEW, rounds=8) for scenario in KILLED),
    *(Planned(scenario, FEW, rounds=8) for scenario in KILLED_AMONG),
    Planned(CUT_OFF, FEW, rounds=12),
]


def main() -> int:
    """Do all runs; returns the exit status."""
    console, begun = Console(), time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="digest-faults-")))
        book = _Book(console, stack, folder)
        run_loop(book.fill())
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(book.as_json(), indent=2) + "\n")
    book.show()
    seconds, broken = time.monotonic() - begun, book.broken()
    console.print(
        f"{len(book.results)} runs in {seconds:.0f} s, {broken} broke the promise; see {RESULTS}"
    )
    return 1 if broken else 0


class _Book:
    """The planned runs, and their results."""

    def __init__(self, console: Console, stack: ExitStack, folder: Path) -> None:
        self._console, self._folder = console, folder
        self.results: list[Result] = []
        self.relays: dict[str, list[str]] = {}
        self.plays: dict[str, list[Result]] = {}
        self.left_out: list[str] = []
        self._plan = [("SQLite", one) for one in ON_SQLITE]
        self._cluster = None
        try:
            find_library()
            self._plan += [("SQLite", one) for one in WITH_FAKETIME]
        except FaketimeMissing as missing:
            self.left_out.append(f"the clock: {missing}")
        try:
            self._cluster = stack.enter_context(start_cluster())
            self._plan += [("PostgreSQL", one) for one in ON_POSTGRESQL]
        except PostgresMissing as missing:
            self.left_out.append(f"PostgreSQL: {missing}")

    async def fill(self) -> None:
        """Run everything and show the progress."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self._console, transient=True) as progress:
            total = sum(one.seeds for _, one in self._plan) + len(cases())
            bar = progress.add_task("Preparing", total=total)
            playing = asyncio.create_task(_play())
            templates = await self._templates()
            gate = asyncio.Semaphore(AT_ONCE)

            async def run(database: str, planned: Planned, seed: int) -> Result:
                async with gate:
                    name = f"{planned.scenario.name}, {database}, seed {seed}"
                    progress.update(bar, description=name)
                    result = await self._run(database, templates[database], planned, seed)
                    progress.advance(bar)
                    return result

            runs = (
                run(database, planned, seed)
                for database, planned in self._plan
                for seed in range(1, planned.seeds + 1)
            )
            self.results = await asyncio.gather(*runs)
            self.relays = await try_all(
                self._folder / "relays",
                lambda name: progress.update(bar, advance=1, description=f"Relay: {name}"),
            )
            progress.update(bar, description="The state machine, and weeks of the engine")
            self.plays = await playing

    async def _templates(self) -> dict[str, Template]:
        found = {"SQLite": await prepare(self._folder / "sqlite", READERS)}
        if self._cluster:
            template = await prepare(self._folder / "postgresql", READERS, self._cluster)
            found["PostgreSQL"] = template
        return found

    async def _run(self, database: str, template: Template, planned: Planned, seed: int) -> Result:
        here = self._folder / f"{database} {planned.scenario.name} {seed}".replace(":", "")
        ground = Ground(template, here, READERS, seed, planned.rounds)
        observed, breaches = await judge(planned.scenario, ground)
        return {
            "scenario": planned.scenario.name,
            "database": database,
            "seed": seed,
            **_figures(observed),
            "breaches": {str(kind): what for kind, what in breaches.items()},
        }

    def as_json(self) -> Result:
        """All results, as JSON."""
        return {
            "readers": READERS,
            "connections": CONNECTIONS,
            "left_out": self.left_out,
            "runs": self.results,
            "relays": self.relays,
            **self.plays,
        }

    def broken(self) -> int:
        """How many runs and states broke the promise."""
        runs = sum(bool(result["breaches"]) for result in self.results)
        seldom = sum(self._seldom(database, planned) for database, planned in self._plan)
        plays = sum(bool(play["broken"]) for kind in self.plays.values() for play in kind)
        return runs + seldom + plays + sum(bool(wrongs) for wrongs in self.relays.values())

    def show(self) -> None:
        """Print all results."""
        self._console.print(self._table())
        right = sum(not wrongs for wrongs in self.relays.values())
        self._console.print(f"Relays that misbehave: {right} of {len(self.relays)} states right")
        for name, wrongs in self.relays.items():
            for wrong in wrongs:
                self._console.print(f"{name}: {wrong}", style="red", markup=False)
        for result in self.results:
            breaches = "; ".join(f"{kind}: {what}" for kind, what in result["breaches"].items())
            if breaches:
                where = f"{result['scenario']}, {result['database']}, seed {result['seed']}"
                self._console.print(f"{where}: {breaches}", style="red", markup=False)
        for kind, plays in self.plays.items():
            seeds = ", ".join(str(play["seed"]) for play in plays)
            good = sum(not play["broken"] for play in plays)
            self._console.print(f"{WORDS[kind]}: {good} of {len(plays)} kept (seeds {seeds})")
            for play in plays:
                if play["broken"]:
                    self._console.print(play["broken"], style="red", markup=False)
        for what in self.left_out:
            self._console.print(f"Skipped: {what}", style="yellow", markup=False)

    def _table(self) -> Table:
        title = f"Faults: {READERS} readers a run, {CONNECTIONS} connections"
        table = Table(title=title, box=SIMPLE_HEAD, padding=0, pad_edge=False)
        table.add_column("scenario")
        table.add_column("database", no_wrap=True)
        for heading in COLUMNS.values():
            table.add_column(heading, justify="right")
        table.add_column("verdict", no_wrap=True)
        for database, planned in self._plan:
            runs = self._of(database, planned)
            sums = {name: sum(run.get(name, 0) for run in runs) for name in COLUMNS}
            sums["runs"] = len(runs)
            sums["most_copies"] = max(run.get("most_copies", 0) for run in runs)
            broken = sum(bool(run["breaches"]) for run in runs)
            verdict = "[green]found out[/]" if planned.scenario in WRONG else "[green]kept[/]"
            if self._seldom(database, planned):
                verdict = f"[red]struck fewer than {planned.least} times[/]"
            if broken:
                verdict = f"[red]BROKEN in {broken}[/]"
            figures = (f"{sums[name]:,}" for name in COLUMNS)
            table.add_row(planned.scenario.name, database, *figures, verdict)
        return table

    def _seldom(self, database: str, planned: Planned) -> bool:
        runs = self._of(database, planned)
        return sum(int(run.get("struck", 0)) for run in runs) < planned.least

    def _of(self, database: str, planned: Planned) -> list[Result]:
        name = planned.scenario.name
        return [
            run for run in self.results if (run["scenario"], run["database"]) == (name, database)
        ]


async def _play() -> dict[str, list[Result]]:
    """The simulations, in a process of their own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.plays", stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    if process.returncode:
        broken = {"seed": 0, "broken": f"the plays ended with status {process.returncode}"}
        return {kind: [broken] for kind in WORDS}
    results: dict[str, list[Result]] = json.loads(output)
    return results


def _figures(run: Observed | None) -> Result:
    if run is None:
        return {}
    return {
        "struck": run.struck,
        "how": run.how,
        "kills": run.kills,
        "lost": len(run.lost),
        "doubled": len(run.doubled),
        "most_copies": max(run.copies.values(), default=0),
        "ever_unknown": run.ever_unknown,
        "held": run.held,
        "most_armed_at_a_kill": run.most_armed,
        "equation": run.equation.equation() if run.equation else None,
    }


if __name__ == "__main__":
    sys.exit(main())
