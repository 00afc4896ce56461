"""Erasure."""

from pathlib import Path

from sqlalchemy import text

from digest.tables import metadata
from subscribers.address import EmailAddress
from subscribers.states import SuppressionReason
from tests.unit.subscribers.conftest import ANN, Desk


async def everything(desk: Desk) -> str:
    """All that the database says of readers."""
    names = ("subscriber", "subscription", "consent_event", "confirmation_token", "suppression")
    assert set(names) <= set(metadata.tables)
    async with desk.store.read() as session:
        connection = await session.connection()
        tables = [await connection.execute(text(f"SELECT * FROM {name}")) for name in names]
    return repr([table.all() for table in tables])


async def test_nothing_personal_stays(desk: Desk) -> None:
    await desk.request(ip="192.0.2.7")
    assert "ann@example.org" in await everything(desk)
    assert "192.0.2.7" in await everything(desk)
    erased = await desk.erase()
    assert erased is not None
    assert erased.wire == erased.normalised == "ann@example.org"
    left = await everything(desk)
    assert "example.org" not in left
    assert "192.0.2.7" not in left
    assert desk.keyring.address_hash("ann@example.org") in left


async def test_the_erased_get_nothing_and_the_log_says_when(desk: Desk) -> None:
    subscriber_id = await desk.join()
    await desk.erase()
    assert await desk.audience() == []
    assert (await desk.events(subscriber_id))[-1] == "erased"


async def test_erasing_twice_or_a_stranger_finds_nobody(desk: Desk) -> None:
    await desk.join()
    await desk.erase()
    assert await desk.erase() is None
    assert await desk.erase(EmailAddress.parse("bob@example.org")) is None


async def test_no_import_brings_the_erased_back(desk: Desk, tmp_path: Path) -> None:
    await desk.join()
    await desk.erase()
    (tmp_path / "list.csv").write_text("email\nANN@example.org\n", encoding="utf-8")
    for edition in ("weekly", "monthly"):
        report = await desk.import_file(tmp_path / "list.csv", edition)
        assert (report.erased, report.new) == (1, 0)
        assert await desk.audience(edition) == []
    assert "ann" not in (await everything(desk)).lower()


async def test_her_own_confirmed_sign_up_brings_her_back_under_the_same_number(
    desk: Desk,
) -> None:
    before = await desk.join()
    await desk.join(edition="monthly")
    await desk.erase()
    raw = await desk.request()
    assert raw
    assert await desk.audience() == []
    assert (await desk.confirm(raw)).subscriber_id == before
    assert await desk.audience() == [ANN.wire]
    assert await desk.audience("monthly") == []


async def test_an_erased_address_that_is_also_blocked_cannot_sign_up(desk: Desk) -> None:
    await desk.join()
    await desk.suppress(SuppressionReason.MANUAL)
    await desk.erase()
    assert await desk.request() is None
