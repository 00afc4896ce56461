"""Of two that insert the same row one wins, and the other gets no error."""

import asyncio

from sqlmodel import select

from digest.databases.inserting import insert_missing
from digest.store import Store
from schedules.tables import Edition


def editions(*slugs: str) -> list[Edition]:
    return [Edition(slug=slug, name=slug) for slug in slugs]


async def insert(store: Store, *slugs: str) -> list[str]:
    async with store.write() as session:
        return [row.slug for row in await insert_missing(session, editions(*slugs))]


async def test_only_rows_that_collide_with_nothing_go_in(store: Store) -> None:
    assert await insert(store, "weekly") == ["weekly"]
    assert sorted(await insert(store, "builders", "weekly", "monthly")) == ["builders", "monthly"]
    async with store.read() as session:
        slugs = set(await session.exec(select(Edition.slug)))
    assert slugs == {"weekly", "builders", "monthly"}


async def test_a_row_that_went_in_has_its_id_and_its_defaults(store: Store) -> None:
    async with store.write() as session:
        (edition,) = await insert_missing(session, editions("weekly"))
        assert edition.id is not None
        assert (edition.zone, edition.active) == ("UTC", True)


async def test_of_many_at_once_one_inserts(store: Store) -> None:
    inserted = await asyncio.gather(*(insert(store, "weekly") for _ in range(5)))
    assert sorted(inserted) == [[], [], [], [], ["weekly"]]


async def test_no_rows_are_no_statement(store: Store) -> None:
    assert await insert(store) == []
