"""The simulations of `make faults`: the state machine, and weeks of the engine.

Run as `python -m tests.faults.plays`; prints the results as JSON.
"""

import asyncio
import json
import random
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.pace import Pace
from tests.faults.steering import Steering
from tests.faults.weeks import simulate

EXAMPLES, STEPS = 60, 40
LIVES, DAYS = 3, 28


def play_steering(number: int) -> dict[str, Any]:
    """Pause, resume, cancel, unsubscribe and crash in many orders; `number` is the seed."""
    chosen = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    result = {"seed": number, "examples": EXAMPLES, "steps": STEPS, "broken": ""}
    try:
        run_state_machine_as_test(seed(number)(Steering), settings=chosen)
    except AssertionError as broken:
        result["broken"] = str(broken).partition("\n")[0]
    return result


def play_weeks(number: int) -> dict[str, Any]:
    """Some simulated weeks of the engine; `number` is the seed."""
    with TemporaryDirectory(prefix="digest-weeks-") as folder:
        result: dict[str, Any] = {"seed": number, "days": DAYS, "broken": ""}
        try:
            result["happened"] = asyncio.run(simulate(Path(folder), number, DAYS))
        except AssertionError as broken:
            result["broken"] = str(broken)
    return result


def main() -> None:
    """Run all simulations, with new seeds."""
    first = random.SystemRandom().randrange(1_000_000)
    with Pace().kept():
        weeks = [play_weeks(first + number) for number in range(LIVES)]
        print(json.dumps({"steering": [play_steering(first)], "weeks": weeks}))


if __name__ == "__main__":
    main()
