"""Runs all cases of the matrix, several at a time."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from tests.faults.matrix import Case, cases
from tests.faults.trial import PACE, attempt, prepare

AT_ONCE = 6


async def try_all(folder: Path, begun: Callable[[str], None]) -> dict[str, list[str]]:
    """What was wrong, as sentences by the name of the case; an empty list if nothing was."""
    folder.mkdir(parents=True)
    templates = {
        odd: await prepare(folder / f"{odd}.db", beyond_ascii=odd) for odd in (False, True)
    }
    gate = asyncio.Semaphore(AT_ONCE)

    async def judge(number: int, case: Case) -> tuple[str, list[str]]:
        async with gate:
            begun(case.name)
            template = templates[case.beyond_ascii]
            return case.name, await attempt(case, template, folder / str(number))

    with PACE.kept():
        judged = [judge(number, case) for number, case in enumerate(cases())]
        return dict(await asyncio.gather(*judged))
