"""What becomes of imported addresses."""

from pathlib import Path

import pytest
from sqlmodel import func, select

from subscribers import importing
from subscribers.address import EmailAddress
from subscribers.importing import ImportCounts, ImportOutcome
from subscribers.importing.writing import ImportWriter
from subscribers.states import SuppressionReason
from subscribers.tables import Subscriber
from tests.unit.subscribers.conftest import ANN, ReaderActions


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
    readers: ReaderActions, file: Path
) -> None:
    report = await readers.import_file(write(file, "ann@example.org", "bob@example.com", "x"))
    assert counts(report) == {"new": 2, "rejected": 1}
    assert str(report.examples[0]) == "row 4 has no @"
    assert sorted(await readers.audience()) == ["ann@example.org", "bob@example.com"]
    assert {(e.kind, e.source, e.edition, e.at) for e in await readers.log()} == {
        ("imported", "test", "weekly", readers.now)
    }


async def test_without_confirmation_new_readers_are_pending(
    readers: ReaderActions, file: Path
) -> None:
    write(file, "ann@example.org")
    assert counts(await readers.import_file(file, confirmed=False)) == {"new": 1}
    assert await readers.audience() == []
    assert [event.kind for event in await readers.log()] == ["added"]
    assert counts(await readers.import_file(file, confirmed=False)) == {"known": 1}
    assert counts(await readers.import_file(file, confirmed=True)) == {"activated": 1}
    assert await readers.audience() == [ANN.wire]


async def test_importing_again_changes_nothing(readers: ReaderActions, file: Path) -> None:
    await readers.import_file(write(file, "ann@example.org"))
    assert counts(await readers.import_file(write(file, "ANN@example.org"))) == {"known": 1}
    assert len(await readers.log()) == 1


async def test_a_reader_of_one_edition_can_be_imported_into_another(
    readers: ReaderActions, file: Path
) -> None:
    await readers.join()
    assert counts(await readers.import_file(write(file, ANN.text), "monthly")) == {"new": 1}
    assert await readers.audience("monthly") == [ANN.wire]


async def test_a_reader_who_left_is_left_alone_even_while_a_new_link_is_open(
    readers: ReaderActions, file: Path
) -> None:
    await readers.unsubscribe(await readers.join())
    assert counts(await readers.import_file(write(file, ANN.text))) == {"unsubscribed": 1}
    assert await readers.request()
    assert counts(await readers.import_file(file)) == {"unsubscribed": 1}
    assert await readers.audience() == []


async def test_a_reader_who_left_all_editions_is_left_alone_in_every_edition(
    readers: ReaderActions, file: Path
) -> None:
    await readers.unsubscribe(await readers.join(), None)
    report = await readers.import_file(write(file, ANN.text), "monthly")
    assert counts(report) == {"unsubscribed": 1}


@pytest.mark.parametrize(
    "reason",
    [SuppressionReason.BOUNCE, SuppressionReason.COMPLAINT, SuppressionReason.MANUAL],
)
async def test_a_suppressed_address_is_left_alone_known_or_not(
    readers: ReaderActions, file: Path, reason: SuppressionReason
) -> None:
    await readers.suppress(reason)
    assert counts(await readers.import_file(write(file, ANN.text))) == {"suppressed": 1}
    async with readers.store.read() as session:
        assert (await session.exec(select(Subscriber))).all() == []


async def test_the_dry_run_reports_what_the_import_then_does(
    readers: ReaderActions, file: Path
) -> None:
    await readers.join()
    await readers.suppress(SuppressionReason.MANUAL, EmailAddress.parse("eve@example.org"))
    write(file, ANN.text, "eve@example.org", "new@example.org", "new@example.org", "bad")
    with importing.check(file, readers.keyring) as checked:
        async with readers.store.read() as session:
            planned = await importing.plan(session, checked, edition="weekly", confirmed=True)
    assert await readers.audience() == [ANN.wire]
    assert planned == await readers.import_file(file)
    assert planned.rows == 5
    assert counts(planned) == {
        "new": 1,
        "known": 1,
        "suppressed": 1,
        "duplicates": 1,
        "rejected": 1,
    }


async def test_a_failure_midway_stores_nothing_and_the_next_import_succeeds(
    readers: ReaderActions, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(self: ImportWriter) -> None:
        raise OSError("disk full")

    write(file, *(f"reader{n}@example.org" for n in range(5)))
    with monkeypatch.context() as failure:
        failure.setattr(ImportWriter, "_log", failing)
        with pytest.raises(OSError, match="disk full"):
            await readers.import_file(file)
    assert await readers.audience() == []
    assert counts(await readers.import_file(file)) == {"new": 5}


async def test_two_files_one_after_the_other_in_one_transaction(
    readers: ReaderActions, file: Path
) -> None:
    write(file, "ann@example.org", "bob@example.com")
    async with readers.store.write() as session:
        for edition in ("weekly", "monthly"):
            with importing.check(file, readers.keyring) as checked:
                report = await importing.store(
                    session, checked, edition=edition, confirmed=True, source="x", now=readers.now
                )
                assert counts(report) == {"new": 2}
    assert len(await readers.audience("weekly")) == len(await readers.audience("monthly")) == 2


async def test_of_several_reasons_to_leave_a_reader_alone_the_gravest_is_reported(
    readers: ReaderActions, file: Path
) -> None:
    await readers.unsubscribe(await readers.join(), None)
    write(file, ANN.text)
    assert counts(await readers.import_file(file)) == {"unsubscribed": 1}
    await readers.suppress(SuppressionReason.ERASURE)
    assert counts(await readers.import_file(file)) == {"erased": 1}
    await readers.suppress(SuppressionReason.MANUAL)
    assert counts(await readers.import_file(file)) == {"suppressed": 1}


async def test_many_chunks_are_counted_as_one_file(readers: ReaderActions, file: Path) -> None:
    write(file, *(f"reader{n}@example.org" for n in range(50)))
    with importing.check(file, readers.keyring) as checked:
        async with readers.store.write() as session:
            report = await importing.store(
                session,
                checked,
                edition="weekly",
                confirmed=True,
                source="test",
                now=readers.now,
                chunk_size=7,
            )
    assert counts(report) == {"new": 50}
    async with readers.store.read() as session:
        total = (await session.exec(select(func.count()).select_from(Subscriber))).one()
    assert total == len(await readers.audience()) == 50


async def test_a_single_reader_who_agreed_elsewhere_is_added_by_the_same_rules(
    readers: ReaderActions,
) -> None:
    async def add(address: EmailAddress) -> ImportOutcome:
        async with readers.store.write() as session:
            return await importing.add_confirmed(
                session, readers.keyring, address, edition="weekly", source="fair", now=readers.now
            )

    assert [await add(ANN), await add(ANN)] == [ImportOutcome.NEW, ImportOutcome.KNOWN]
    assert await readers.audience() == [ANN.wire]
    await readers.unsubscribe(await readers.id_of())
    assert await add(ANN) is ImportOutcome.UNSUBSCRIBED
    assert await readers.audience() == []


STANDINGS = """email,status
ann@example.org,subscribed
left@example.org,unsubscribed
gone@example.org,bounced
cross@example.org,complained
never@example.org,do not contact
new@example.org,pending
"""


async def test_only_who_agreed_is_imported_and_who_left_is_suppressed_for_good(
    readers: ReaderActions, file: Path
) -> None:
    file.write_text(STANDINGS)
    report = await readers.import_file(file)
    assert counts(report) == {
        "new": 1,
        "left": 1,
        "bounced": 1,
        "complained": 1,
        "blocked": 1,
        "unconfirmed": 1,
    }
    assert report.values["status"]["subscribed"] == 1
    assert await readers.audience() == [ANN.wire]
    write(file, "left@example.org", "gone@example.org", "cross@example.org", "never@example.org")
    assert counts(await readers.import_file(file)) == {"unsubscribed": 1, "suppressed": 3}
    assert await readers.audience() == [ANN.wire]
    left = EmailAddress.parse("left@example.org")
    await readers.join(left)  # their own confirmation
    assert left.wire in await readers.audience()
    assert await readers.request(EmailAddress.parse("cross@example.org")) is None


@pytest.mark.parametrize("status", ["unsubscribed", "bounced", "complained", "blocked"])
async def test_a_reader_here_who_left_there_is_mailed_no_more(
    readers: ReaderActions, file: Path, status: str
) -> None:
    reader = await readers.join()
    file.write_text(f"email,status\n{ANN.text},{status}\nANN@EXAMPLE.ORG,active\n")
    report = await readers.import_file(file)
    assert (report.left + report.bounced + report.complained + report.blocked) == 1
    assert await readers.audience() == []
    assert (await readers.events(reader))[-1] == "suppressed"
    again = counts(await readers.import_file(file))
    assert again in ({"suppressed": 1, "duplicates": 1}, {"unsubscribed": 1, "duplicates": 1})
