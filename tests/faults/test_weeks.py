"""Some simulated days of the engine; `make faults` lives through more, and longer ones."""

from pathlib import Path

from tests.faults.weeks import simulate


async def test_days_in_which_everything_goes_wrong_ends_with_everything_told(
    tmp_path: Path,
) -> None:
    happened = await simulate(tmp_path, seed=1, days=4)
    assert happened["slots sent"]
    assert happened["accepted"]
