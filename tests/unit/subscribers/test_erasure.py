"""Erasure."""

from pathlib import Path

from sqlalchemy import text

from digest.tables import metadata
from subscribers.address import EmailAddress
from subscribers.states import SuppressionReason
from tests.unit.subscribers.conftest import ANN, ReaderActions


async def everything(readers: ReaderActions) -> str:
    """All rows about readers, as text."""
    names = ("subscriber", "subscription", "consent_event", "confirmation_token", "suppression")
    assert set(names) <= set(metadata.tables)
    async with readers.store.read() as session:
        connection = await session.connection()
        tables = [await connection.execute(text(f"SELECT * FROM {name}")) for name in names]
    return repr([table.all() for table in tables])


async def test_no_personal_data_stays(readers: ReaderActions) -> None:
    await readers.request(ip="192.0.2.7")
    assert "ann@example.org" in await everything(readers)
    assert "192.0.2.7" in await everything(readers)
    erased = await readers.erase()
    assert erased is not None
    assert erased.wire == erased.normalised == "ann@example.org"
    left = await everything(readers)
    assert "example.org" not in left
    assert "192.0.2.7" not in left
    assert readers.keyring.address_hash("ann@example.org") in left


async def test_an_erased_reader_gets_nothing_and_the_log_has_the_erasure(
    readers: ReaderActions,
) -> None:
    subscriber_id = await readers.join()
    await readers.erase()
    assert await readers.audience() == []
    assert (await readers.events(subscriber_id))[-1] == "erased"


async def test_erasing_again_or_an_unknown_address_finds_nobody(readers: ReaderActions) -> None:
    await readers.join()
    await readers.erase()
    assert await readers.erase() is None
    assert await readers.erase(EmailAddress.parse("bob@example.org")) is None


async def test_no_import_brings_an_erased_reader_back(
    readers: ReaderActions, tmp_path: Path
) -> None:
    await readers.join()
    await readers.erase()
    (tmp_path / "list.csv").write_text("email\nANN@example.org\n", encoding="utf-8")
    for edition in ("weekly", "monthly"):
        report = await readers.import_file(tmp_path / "list.csv", edition)
        assert (report.erased, report.new) == (1, 0)
        assert await readers.audience(edition) == []
    assert "ann" not in (await everything(readers)).lower()


async def test_a_confirmed_sign_up_brings_an_erased_reader_back_with_the_same_id(
    readers: ReaderActions,
) -> None:
    before = await readers.join()
    await readers.join(edition="monthly")
    await readers.erase()
    raw = await readers.request()
    assert raw
    assert await readers.audience() == []
    assert (await readers.confirm(raw)).subscriber_id == before
    assert await readers.audience() == [ANN.wire]
    assert await readers.audience("monthly") == []


async def test_an_erased_address_that_is_also_suppressed_cannot_sign_up(
    readers: ReaderActions,
) -> None:
    await readers.join()
    await readers.suppress(SuppressionReason.MANUAL)
    await readers.erase()
    assert await readers.request() is None


async def test_a_reader_who_came_back_after_an_erasure_is_known_to_an_import(
    readers: ReaderActions, tmp_path: Path
) -> None:
    await readers.join()
    await readers.erase()
    await readers.join()
    (tmp_path / "list.csv").write_text(f"email\n{ANN.text}\n", encoding="utf-8")
    counts = await readers.import_file(tmp_path / "list.csv")
    assert (counts.known, counts.erased) == (1, 0)
