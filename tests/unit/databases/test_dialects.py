"""Both dialects keep the same promises, each in its own SQL."""

import inspect

import pytest
from sqlmodel import col, select

from digest.databases import Dialect, dialect_at, dialect_of, postgresql, sqlite
from digest.store import Store
from schedules.tables import Edition
from tests.waiting import held_up

SLUGS = ("weekly", "builders", "quote'd", 'double"quoted', "ü\U0001f600", "back\\slash")


async def add_editions(store: Store) -> None:
    async with store.write() as session:
        session.add_all(Edition(slug=slug, name=slug) for slug in SLUGS)


@pytest.mark.parametrize("module", [sqlite, postgresql])
def test_each_module_has_every_function_of_the_protocol_with_its_signature(
    module: Dialect,
) -> None:
    for name, promised in inspect.getmembers(Dialect, inspect.isfunction):
        if name.startswith("_"):
            continue
        parameters = list(inspect.signature(promised).parameters)[1:]  # without self
        assert list(inspect.signature(getattr(module, name)).parameters) == parameters, name


def test_a_url_names_its_dialect() -> None:
    assert dialect_at("sqlite+aiosqlite:///digest.db") is sqlite
    assert dialect_at("postgresql+psycopg://ann@db/letters") is postgresql


async def test_the_dialect_is_found_from_an_engine_a_session_and_a_connection(
    store: Store, database: str
) -> None:
    expected = {"sqlite": sqlite, "postgresql": postgresql}[database]
    assert dialect_of(store.engine) is expected
    blocking = store.blocking_engine()
    assert dialect_of(blocking) is expected
    blocking.dispose()
    async with store.read() as session:
        assert dialect_of(session) is expected
        connection = await session.connection()
        assert await connection.run_sync(dialect_of) is expected


async def test_membership_is_found_in_thousands_of_values(store: Store) -> None:
    await add_editions(store)
    values = [*SLUGS[:-1], *(f"unknown-{number}" for number in range(40_000))]
    async with store.read() as session:
        condition = dialect_of(session).among(col(Edition.slug), values)
        found = set(await session.exec(select(Edition.slug).where(condition)))
    assert found == set(SLUGS[:-1])


async def test_membership_in_nothing_is_nothing(store: Store) -> None:
    await add_editions(store)
    async with store.read() as session:
        condition = dialect_of(session).among(col(Edition.slug), [])
        assert (await session.exec(select(Edition.slug).where(condition))).all() == []


async def test_rows_of_text_come_back_as_a_table(store: Store) -> None:
    rows = [(slug, f"{number}") for number, slug in enumerate(SLUGS)]
    async with store.read() as session:
        table = dialect_of(session).rows_as_table(("slug", "number"), rows)
        found = (await session.exec(select(table.c.slug, table.c.number))).all()
    assert sorted(map(tuple, found)) == sorted(rows)


async def test_locked_rows_are_changed_by_nobody_else_until_the_end(store: Store) -> None:
    await add_editions(store)
    weekly = select(Edition).where(Edition.slug == "weekly")

    async def rename() -> None:
        async with store.write() as session:
            edition = (await session.exec(weekly)).one()
            edition.name = "Renamed"
            session.add(edition)

    async with store.write() as session:
        ids = select(col(Edition.id)).where(Edition.slug == "weekly")
        await dialect_of(session).lock_rows(session, ids)
        waiting = await held_up(rename())
    await waiting


async def test_two_transactions_about_one_subject_go_one_at_a_time(store: Store) -> None:
    async def another() -> None:
        async with store.write() as session:
            await dialect_of(session).one_at_a_time(session, "ann@example.org")

    async with store.write() as session:
        await dialect_of(session).one_at_a_time(session, "ann@example.org")
        waiting = await held_up(another())
    await waiting


@pytest.mark.parametrize("database", ["postgresql"])
async def test_transactions_about_different_subjects_do_not_wait(store: Store) -> None:
    async with store.write() as session, store.write() as other:
        await dialect_of(session).one_at_a_time(session, "ann@example.org")
        await dialect_of(other).one_at_a_time(other, "bob@example.org")


async def test_statistics_can_be_refreshed_inside_a_transaction(store: Store) -> None:
    async with store.write() as session:
        session.add(Edition(slug="weekly", name="Weekly"))
        await dialect_of(session).refresh_statistics(session, "edition", "slot")
    async with store.read() as session:
        assert len((await session.exec(select(Edition))).all()) == 1
