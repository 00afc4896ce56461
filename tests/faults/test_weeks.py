"""Some simulated days of the engine; `make faults` simulates weeks."""

from pathlib import Path

from tests.faults.weeks import simulate


async def test_after_days_in_which_everything_goes_wrong_every_outcome_is_known(
    tmp_path: Path,
) -> None:
    happened = await simulate(tmp_path, seed=1, days=4)
    assert happened["slots sent"]
    assert happened["accepted"]
