"""`make faults`: every fault with many seeds; a table, `var/faults.json`, status 1 on a breach."""

import asyncio
import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.faults.installation import CONNECTIONS, prepare
from tests.faults.matrix import cases
from tests.faults.relays import try_all
from tests.faults.scenarios import KILLED, SLEPT, TERMINATED, WRONG, Scenario, judge
from tests.faults.scene import Ground
from tests.faults.verdicts import Observed

READERS = 150
SEEDS = 12
FEW = 3
ROUNDS = 25
RESULTS = Path("var/faults.json")

PLAN: list[tuple[Scenario, int]] = [
    *((scenario, SEEDS) for scenario in KILLED),
    *((scenario, FEW) for scenario in WRONG),
    (TERMINATED, FEW),
    (SLEPT, FEW),
]
COLUMNS = {
    "runs": "runs",
    "struck": "struck",
    "lost": "lost",
    "doubled": "doubled",
    "most_copies": "most",
    "ever_unknown": "unknown",
    "held": "held",
}

Result = dict[str, Any]


async def main() -> int:
    """All runs; the exit status."""
    console, begun = Console(), time.monotonic()
    results, relays = await _run_all(console)
    broken = [result for result in results if result["breaches"]]
    wrong = {name: why for name, why in relays.items() if why}
    RESULTS.parent.mkdir(exist_ok=True)
    told = {"readers": READERS, "runs": results, "relays": relays}
    RESULTS.write_text(json.dumps(told, indent=2) + "\n")
    console.print(_table(results))
    right = len(relays) - len(wrong)
    console.print(f"Relays that misbehave: {right} of {len(relays)} states right")
    for name, why in wrong.items():
        console.print(f"[red]{name}:[/] {'; '.join(why)}", markup=True)
    for result in broken:
        told = "; ".join(f"{kind}: {what}" for kind, what in result["breaches"].items())
        console.print(f"[red]{result['scenario']}, seed {result['seed']}:[/] {told}")
    seconds = time.monotonic() - begun
    console.print(
        f"{len(results)} runs in {seconds:.0f} s, {len(broken)} broke the promise; see {RESULTS}"
    )
    return 1 if broken or wrong else 0


async def _run_all(console: Console) -> tuple[list[Result], dict[str, list[str]]]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    results: list[Result] = []
    with (
        TemporaryDirectory(prefix="digest-faults-") as folder,
        Progress(*columns, console=console, transient=True) as progress,
    ):
        template = await prepare(Path(folder) / "template", READERS)
        bar = progress.add_task("Preparing", total=sum(seeds for _, seeds in PLAN) + len(cases()))
        for scenario, seeds in PLAN:
            for seed in range(1, seeds + 1):
                progress.update(bar, description=f"{scenario.name}, seed {seed}")
                here = Path(folder) / f"run-{len(results)}"
                observed, breaches = await judge(
                    scenario, Ground(template, here, READERS, seed, ROUNDS)
                )
                results.append(
                    {
                        "scenario": scenario.name,
                        "seed": seed,
                        **_figures(observed),
                        "breaches": {str(kind): what for kind, what in breaches.items()},
                    }
                )
                progress.advance(bar)
        relays = await try_all(
            Path(folder) / "relays",
            lambda name: progress.update(bar, advance=1, description=f"Relay: {name}"),
        )
    return results, relays


def _figures(run: Observed | None) -> Result:
    if run is None:
        return {}
    return {
        "struck": run.struck,
        "kills": run.kills,
        "lost": len(run.lost),
        "doubled": len(run.doubled),
        "most_copies": max(run.copies.values(), default=0),
        "ever_unknown": run.ever_unknown,
        "held": run.held,
        "most_armed_at_a_kill": run.most_armed,
        "equation": run.equation.equation() if run.equation else None,
    }


def _table(results: list[Result]) -> Table:
    table = Table(
        title=f"Faults: {READERS} readers a run, {CONNECTIONS} connections",
        box=SIMPLE_HEAD,
        padding=0,
        pad_edge=False,
    )
    table.add_column("scenario", no_wrap=True)
    for heading in COLUMNS.values():
        table.add_column(heading, justify="right")
    table.add_column("verdict", no_wrap=True)
    for scenario, _ in PLAN:
        runs = [result for result in results if result["scenario"] == scenario.name]
        sums = {name: sum(run.get(name, 0) for run in runs) for name in COLUMNS}
        sums["runs"] = len(runs)
        sums["most_copies"] = max(run.get("most_copies", 0) for run in runs)
        broken = sum(bool(run["breaches"]) for run in runs)
        good = "found out" if scenario in WRONG else "kept"
        verdict = f"[red]BROKEN in {broken}[/]" if broken else f"[green]{good}[/]"
        table.add_row(scenario.name, *(f"{sums[name]:,}" for name in COLUMNS), verdict)
    return table


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
