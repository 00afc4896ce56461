"""What becomes of imported addresses."""

from pathlib import Path

import pytest
from sqlmodel import func, select

from subscribers import importing
from subscribers.address import EmailAddress
from subscribers.importing import ImportCounts, ImportOutcome, merging
from subscribers.importing.writing import ImportWriter
from subscribers.states import SuppressionReason
from subscribers.tables import Subscriber
from tests.unit.subscribers.conftest import ANN, Desk


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "list.csv"


def write(file: Path, *addresses: str) -> Path:
    file.write_text("email\n" + "\n".join(addresses) + "\n", encoding="utf-8")
    return file


def counts(report: ImportCounts) -> dict[str, int]:
    return {
        name: value
        for name, value in vars(report).items()
        if isinstance(value, int) and value and name != "rows"
    }


async def test_confirmed_readers_get_mail_and_the_log_has_the_source(
    desk: Desk, file: Path
) -> None:
    report = await desk.import_file(write(file, "ann@example.org", "bob@example.com", "x"))
    assert counts(report) == {"new": 2, "rejected": 1}
    assert str(report.examples[0]) == "row 4 has no @"
    assert sorted(await desk.audience()) == ["ann@example.org", "bob@example.com"]
    assert {(e.kind, e.source, e.edition, e.at) for e in await desk.log()} == {
        ("imported", "test", "weekly", desk.now)
    }


async def test_without_confirmation_they_wait(desk: Desk, file: Path) -> None:
    write(file, "ann@example.org")
    assert counts(await desk.import_file(file, confirmed=False)) == {"new": 1}
    assert await desk.audience() == []
    assert [event.kind for event in await desk.log()] == ["added"]
    assert counts(await desk.import_file(file, confirmed=False)) == {"known": 1}
    assert counts(await desk.import_file(file, confirmed=True)) == {"activated": 1}
    assert await desk.audience() == [ANN.wire]


async def test_importing_again_changes_nothing(desk: Desk, file: Path) -> None:
    await desk.import_file(write(file, "ann@example.org"))
    assert counts(await desk.import_file(write(file, "ANN@example.org"))) == {"known": 1}
    assert len(await desk.log()) == 1


async def test_a_reader_of_one_edition_can_be_imported_into_another(desk: Desk, file: Path) -> None:
    await desk.join()
    assert counts(await desk.import_file(write(file, ANN.text), "monthly")) == {"new": 1}
    assert await desk.audience("monthly") == [ANN.wire]


async def test_who_left_is_left_alone_even_while_somebody_asks_for_a_link(
    desk: Desk, file: Path
) -> None:
    await desk.unsubscribe(await desk.join())
    assert counts(await desk.import_file(write(file, ANN.text))) == {"unsubscribed": 1}
    assert await desk.request()
    assert counts(await desk.import_file(file)) == {"unsubscribed": 1}
    assert await desk.audience() == []


async def test_who_left_all_is_left_alone_in_every_edition(desk: Desk, file: Path) -> None:
    await desk.unsubscribe(await desk.join(), None)
    report = await desk.import_file(write(file, ANN.text), "monthly")
    assert counts(report) == {"unsubscribed": 1}


@pytest.mark.parametrize(
    "reason",
    [SuppressionReason.BOUNCE, SuppressionReason.COMPLAINT, SuppressionReason.MANUAL],
)
async def test_the_suppressed_are_left_alone_known_or_not(
    desk: Desk, file: Path, reason: SuppressionReason
) -> None:
    await desk.suppress(reason)
    assert counts(await desk.import_file(write(file, ANN.text))) == {"suppressed": 1}
    async with desk.store.read() as session:
        assert (await session.exec(select(Subscriber))).all() == []


async def test_the_dry_run_says_what_the_import_then_does(desk: Desk, file: Path) -> None:
    await desk.join()
    await desk.suppress(SuppressionReason.MANUAL, EmailAddress.parse("eve@example.org"))
    write(file, ANN.text, "eve@example.org", "new@example.org", "new@example.org", "bad")
    with importing.check(file, desk.keyring) as checked:
        async with desk.store.read() as session:
            planned = await importing.plan(session, checked, edition="weekly", confirmed=True)
    assert await desk.audience() == [ANN.wire]
    assert planned == await desk.import_file(file)
    assert planned.rows == 5
    assert counts(planned) == {
        "new": 1,
        "known": 1,
        "suppressed": 1,
        "duplicates": 1,
        "rejected": 1,
    }


async def test_a_failure_on_the_way_stores_nothing_and_the_next_import_goes_on(
    desk: Desk, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(self: ImportWriter) -> None:
        raise OSError("disk full")

    write(file, *(f"reader{n}@example.org" for n in range(5)))
    with monkeypatch.context() as failure:
        failure.setattr(ImportWriter, "_log", failing)
        with pytest.raises(OSError, match="disk full"):
            await desk.import_file(file)
    assert await desk.audience() == []
    assert counts(await desk.import_file(file)) == {"new": 5}


async def test_two_files_one_after_the_other_in_one_transaction(desk: Desk, file: Path) -> None:
    write(file, "ann@example.org", "bob@example.com")
    async with desk.store.write() as session:
        for edition in ("weekly", "monthly"):
            with importing.check(file, desk.keyring) as checked:
                report = await importing.store(
                    session, checked, edition=edition, confirmed=True, source="x", now=desk.now
                )
                assert counts(report) == {"new": 2}
    assert len(await desk.audience("weekly")) == len(await desk.audience("monthly")) == 2


async def test_of_several_reasons_to_leave_one_alone_the_gravest_is_told(
    desk: Desk, file: Path
) -> None:
    await desk.unsubscribe(await desk.join(), None)
    write(file, ANN.text)
    assert counts(await desk.import_file(file)) == {"unsubscribed": 1}
    await desk.suppress(SuppressionReason.ERASURE)
    assert counts(await desk.import_file(file)) == {"erased": 1}
    await desk.suppress(SuppressionReason.MANUAL)
    assert counts(await desk.import_file(file)) == {"suppressed": 1}


async def test_many_chunks_are_counted_as_one_file(
    desk: Desk, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "CHUNK", 7)
    write(file, *(f"reader{n}@example.org" for n in range(50)))
    assert counts(await desk.import_file(file)) == {"new": 50}
    async with desk.store.read() as session:
        total = (await session.exec(select(func.count()).select_from(Subscriber))).one()
    assert total == len(await desk.audience()) == 50


async def test_one_who_agreed_elsewhere_is_added_by_the_same_rules(desk: Desk) -> None:
    async def add(address: EmailAddress) -> ImportOutcome:
        async with desk.store.write() as session:
            return await importing.add_confirmed(
                session, desk.keyring, address, edition="weekly", source="fair", now=desk.now
            )

    assert [await add(ANN), await add(ANN)] == [ImportOutcome.NEW, ImportOutcome.KNOWN]
    assert await desk.audience() == [ANN.wire]
    await desk.unsubscribe(await desk.id_of())
    assert await add(ANN) is ImportOutcome.UNSUBSCRIBED
    assert await desk.audience() == []
