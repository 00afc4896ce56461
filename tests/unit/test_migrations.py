"""The migrations build the schema that the tables describe, and keep what was stored."""

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from digest import migrate
from digest.delivery.ports import Reply
from digest.errors import Misconfigured
from digest.migrate import current, head, require_current, upgrade
from digest.store import open_store
from digest.tables import metadata
from tests.postgres import Cluster


@pytest.fixture
def url(database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database, or where one can be made."""
    if database == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'new' / 'digest.db'}"
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    made = cluster.new_database()
    yield made
    cluster.drop_database(made)


async def test_a_fresh_database_has_every_table_and_column(url: str) -> None:
    assert await upgrade(url) == (None, head())
    store = open_store(url)

    def differences(connection: Connection) -> list[object]:
        opts = {"include_object": lambda _, name, *__: "procrastinate" not in (name or "")}
        return compare_metadata(MigrationContext.configure(connection, opts=opts), metadata)

    async with store.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await store.close()


@pytest.mark.parametrize("database", ["postgresql"])
async def test_when_several_machines_upgrade_at_once_one_does_it_and_all_succeed(
    url: str,
) -> None:
    work = f"import asyncio; from digest.migrate import upgrade; asyncio.run(upgrade({url!r}))"
    machines = [await asyncio.create_subprocess_exec(sys.executable, "-c", work) for _ in range(3)]
    assert [await machine.wait() for machine in machines] == [0, 0, 0]
    await require_current(url)


async def test_upgrading_again_changes_nothing(url: str) -> None:
    await upgrade(url)
    assert await upgrade(url) == (head(), head())
    await require_current(url)


@pytest.mark.parametrize("database", ["sqlite"])
async def test_a_missing_database_is_reported_and_not_created(url: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="digest init"):
        await require_current(url)
    assert not (tmp_path / "new").exists()


async def test_a_newer_database_is_left_alone(url: str) -> None:
    await upgrade(url)
    store = open_store(url)
    async with store.engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = 'from_the_future'"))
    await store.close()
    with pytest.raises(Misconfigured, match="newer than this program"):
        await upgrade(url)
    with pytest.raises(Misconfigured, match="newer than this program"):
        await require_current(url)
    assert await current(url) == "from_the_future"


def test_a_drafted_migration_has_nothing_to_do_while_the_tables_have_not_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts = tmp_path / "migrations"
    shutil.copytree(migrate.SCRIPTS, scripts)
    monkeypatch.setattr(migrate, "SCRIPTS", scripts)
    before = migrate.head()
    drafted = migrate.draft("keep votes")
    assert drafted.name == f"{int(before) + 1:04}_keep_votes.py"
    assert "op.create_table" not in drafted.read_text(encoding="utf-8")
    assert "batch_op" not in drafted.read_text(encoding="utf-8")


@pytest.fixture
async def at_0002(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[AsyncConnection]:
    """A connection to a database made by the program before the third migration."""
    older = tmp_path / "older"
    shutil.copytree(migrate.SCRIPTS, older)
    for script in (older / "versions").glob("*.py"):
        if script.name[:4] > "0002":
            script.unlink()
    with monkeypatch.context() as patched:
        patched.setattr(migrate, "SCRIPTS", older)
        assert await upgrade(url) == (None, "0002")
    store = open_store(url)
    async with store.engine.connect() as connection:
        yield connection
    await store.close()


REASONS = {  # of a delivery at 0002, and the codes that it gets
    None: (None, None),
    "no longer subscribed": (None, None),
    "unknown, then unsubscribed by 552 5.2.2": (None, None),
    "4 o'clock": (None, None),
    "12345 is no reply": (None, None),
    "250 ": (250, None),
    "250 2.0.0 Ok: queued as 550AF": (250, "2.0.0"),
    "550 5.1.1": (550, "5.1.1"),
    "550 5.1.10 null MX": (550, "5.1.10"),
    "550 5.111.222: no": (550, "5.111.222"),
    "552 5.2.2<full>": (552, "5.2.2"),
    "452 insufficient storage": (452, None),
    "550 5.1.1a is no code": (550, None),
    "550 5.1 is too short": (550, None),
    "550 5.1.1234 is too long": (550, None),
    "550 3.1.1 is of no class": (550, None),
    "550 see 5.1.1": (550, None),
}


async def test_the_codes_of_replies_are_taken_from_the_reasons_that_begin_with_them(
    url: str, at_0002: AsyncConnection
) -> None:
    await add_mailing(at_0002)
    for number, reason in enumerate(REASONS):
        await add_delivery(at_0002, f"reader{number}@example.org", reason)
    found = await upgraded_deliveries(url, at_0002)
    codes = {row["reason"]: (row["reply_code"], row["enhanced_code"]) for row in found}
    assert codes == REASONS
    for reason, (code, enhanced) in REASONS.items():  # as the parser of replies would have it
        if reason and code:
            assert Reply(code, reason[4:]).enhanced == enhanced


async def test_an_address_without_an_at_sign_marks_an_erased_reader_before_the_flag_did(
    url: str, at_0002: AsyncConnection
) -> None:
    await add_mailing(at_0002)
    await add_delivery(at_0002, "ada@example.org", "250 ok")
    await add_delivery(at_0002, "erased-7", "erased")
    assert [row["erased"] for row in await upgraded_deliveries(url, at_0002)] == [False, True]


async def test_mailings_keep_the_key_of_their_message_ids(
    url: str, at_0002: AsyncConnection
) -> None:
    await add_mailing(at_0002)
    await at_0002.commit()
    await upgrade(url)
    found = await at_0002.execute(text("SELECT message_id_key FROM mailing"))
    assert found.scalar_one() == "key@news.example.org"


async def add_mailing(connection: AsyncConnection) -> None:
    await connection.execute(
        text(
            "INSERT INTO mailing (id, kind, state, route, payload, resend_unknown, created_at,"
            " give_up_at, postmark) VALUES (1, 'notice', 'finished', 'relay', '{}', true,"
            " '2026-11-20 12:00:00', '2026-11-20 12:00:00', 'key@news.example.org')"
        )
    )


async def add_delivery(connection: AsyncConnection, address: str, reason: str | None) -> None:
    await connection.execute(
        text(
            "INSERT INTO delivery (mailing_id, address, variant, state, reason, attempts,"
            " unknowns, updated_at) VALUES (1, :address, 'all', 'rejected', :reason, 1, 0,"
            " '2026-11-20 12:00:00')"
        ),
        {"address": address, "reason": reason},
    )


async def upgraded_deliveries(url: str, connection: AsyncConnection) -> Sequence[RowMapping]:
    """All deliveries after the upgrade, by id."""
    await connection.commit()
    assert await upgrade(url) == ("0002", head())
    delivery = metadata.tables["delivery"]
    found = await connection.execute(delivery.select().order_by(delivery.c.id))
    return found.mappings().all()
