"""The promise under real kills, stops and sleeps; `make faults` does the same at greater length."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.installation import prepare
from tests.faults.scenarios import KILLED, SLEPT, TERMINATED, WRONG, Scenario, judge
from tests.faults.scene import Ground

READERS = 90


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An approved issue and its readers, made once and copied by each run."""
    return asyncio.run(prepare(tmp_path_factory.mktemp("faults") / "template", READERS))


def name_of(scenario: Scenario) -> str:
    return scenario.name


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("scenario", KILLED, ids=name_of)
async def test_killed_again_and_again_it_loses_nobody_and_lists_every_doubt(
    scenario: Scenario, seed: int, template: Path, tmp_path: Path
) -> None:
    _, breaches = await judge(scenario, Ground(template, tmp_path / "run", READERS, seed))
    assert breaches == {}


@pytest.mark.parametrize("scenario", WRONG, ids=name_of)
async def test_a_design_that_loses_or_doubles_is_found_out(
    scenario: Scenario, template: Path, tmp_path: Path
) -> None:
    _, breaches = await judge(scenario, Ground(template, tmp_path / "run", READERS, seed=1))
    assert breaches == {}


async def test_told_to_stop_five_times_it_leaves_nothing_unknown(
    template: Path, tmp_path: Path
) -> None:
    ground = Ground(template, tmp_path / "run", READERS, seed=1)
    observed, breaches = await judge(TERMINATED, ground)
    assert breaches == {}
    assert observed is not None
    assert observed.struck == 5


async def test_a_worker_that_slept_past_its_lease_doubles_nothing(
    template: Path, tmp_path: Path
) -> None:
    _, breaches = await judge(SLEPT, Ground(template, tmp_path / "run", READERS, seed=1))
    assert breaches == {}
