"""However a relay misbehaves, every reader ends in the right state and with the right tries."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.matrix import SECOND, Case, cases
from tests.faults.trial import PACE, attempt, prepare
from tests.relay import PER_MESSAGE


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    """A mailing to three readers, with ASCII addresses only, and with one that is not ASCII."""
    folder = tmp_path_factory.mktemp("matrix")
    return {
        odd: asyncio.run(prepare(folder / f"{odd}.db", beyond_ascii=odd)) for odd in (False, True)
    }


def short_cut() -> list[Case]:
    """Every second case: without pipelining for the first message, with it for the second.

    `make faults` runs all of them.
    """
    found = [
        case
        for case in cases()
        if ("PIPELINING" in case.extensions) == (case.strikes is SECOND)
        and (case.strikes is SECOND or not PER_MESSAGE & case.script.keys())
    ]
    return found[::2]


@pytest.mark.parametrize("case", short_cut(), ids=lambda case: case.name)
async def test_the_behaviour_of_a_relay_leads_to_the_right_state(
    case: Case, templates: dict[bool, Path], tmp_path: Path
) -> None:
    with PACE.kept():
        assert await attempt(case, templates[case.beyond_ascii], tmp_path) == []
