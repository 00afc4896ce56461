"""The promise when processes are killed, stopped and suspended; `make faults` does more of it."""

import asyncio
import os
from pathlib import Path

import pytest

from tests.faults.clocks import FaketimeMissing, find_library
from tests.faults.installation import Template, prepare
from tests.faults.scenarios import KILLED, KILLED_AMONG, SLEPT, TERMINATED, WRONG, Scenario, judge
from tests.faults.scene import Ground
from tests.faults.troubles import CLOCK, DISK_FULL, LOCKED
from tests.postgres import Cluster

READERS = 90


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """An approved issue and its readers, made once and copied for each run."""
    return asyncio.run(prepare(tmp_path_factory.mktemp("faults") / "template", READERS))


def name_of(scenario: Scenario) -> str:
    return scenario.name


@pytest.mark.parametrize("scenario", KILLED, ids=name_of)
async def test_kills_lose_no_reader_and_every_doubtful_delivery_is_listed(
    scenario: Scenario, template: Template, tmp_path: Path
) -> None:
    _, breaches = await judge(scenario, Ground(template, tmp_path / "run", READERS, seed=1))
    assert breaches == {}


@pytest.mark.parametrize("scenario", KILLED_AMONG[:1], ids=name_of)
async def test_when_one_of_several_workers_is_killed_the_others_take_over(
    scenario: Scenario, template: Template, tmp_path: Path
) -> None:
    _, breaches = await judge(scenario, Ground(template, tmp_path / "run", READERS, seed=1))
    assert breaches == {}


async def test_kills_on_postgresql_keep_the_same_promise(cluster: Cluster, tmp_path: Path) -> None:
    template = await prepare(tmp_path / "template", READERS, cluster)
    ground = Ground(template, tmp_path / "run", READERS, seed=1, rounds=3)
    _, breaches = await judge(KILLED[0], ground)
    assert breaches == {}


@pytest.mark.parametrize("scenario", [LOCKED, DISK_FULL], ids=name_of)
async def test_trouble_with_the_database_leaves_nothing_unknown(
    scenario: Scenario, template: Template, tmp_path: Path
) -> None:
    ground = Ground(template, tmp_path / "run", READERS, seed=1, rounds=4)
    _, breaches = await judge(scenario, ground)
    assert breaches == {}


async def test_a_clock_that_is_moved_loses_nothing_and_doubles_nothing(
    template: Template, tmp_path: Path
) -> None:
    try:
        find_library()
    except FaketimeMissing as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing))
        pytest.skip(str(missing))
    _, breaches = await judge(CLOCK, Ground(template, tmp_path / "run", READERS, seed=1))
    assert breaches == {}


@pytest.mark.parametrize("scenario", WRONG, ids=name_of)
async def test_the_harness_finds_a_design_that_loses_or_doubles_mail(
    scenario: Scenario, template: Template, tmp_path: Path
) -> None:
    _, breaches = await judge(scenario, Ground(template, tmp_path / "run", READERS, seed=1))
    assert breaches == {}


async def test_five_requests_to_stop_leave_nothing_unknown(
    template: Template, tmp_path: Path
) -> None:
    ground = Ground(template, tmp_path / "run", READERS, seed=1)
    observed, breaches = await judge(TERMINATED, ground)
    assert breaches == {}
    assert observed is not None
    assert observed.struck == 5


async def test_a_worker_that_was_suspended_past_its_lease_doubles_nothing(
    template: Template, tmp_path: Path
) -> None:
    _, breaches = await judge(SLEPT, Ground(template, tmp_path / "run", READERS, seed=1))
    assert breaches == {}
