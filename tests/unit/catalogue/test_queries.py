"""Reading the catalogue back."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from digest.catalogue.editing import withdraw
from digest.catalogue.queries import comparison, comparisons, comparisons_without_reviews
from digest.errors import NotFound
from digest.store import Store
from tests.unit.catalogue.building import comparison as form
from tests.unit.catalogue.building import import_files


async def fill(store: Store, folder: Path, as_of: datetime, *pairs: tuple[str, str]) -> None:
    path = folder / "some.json"
    path.write_text(json.dumps([form(*pair) for pair in pairs]))
    assert (await import_files(store, path, as_of=as_of)).stored


async def test_the_newest_come_first_and_those_of_one_instant_by_slug(
    store: Store, tmp_path: Path, now: datetime
) -> None:
    await fill(store, tmp_path, now - timedelta(days=1), ("Z", "Y"))
    await fill(store, tmp_path, now, ("D", "C"), ("A", "B"))
    async with store.read() as session:
        assert [view.slug for view in await comparisons(session)] == ["a-vs-b", "d-vs-c", "z-vs-y"]


async def test_the_newest_can_be_listed_without_their_reviews(
    store: Store, tmp_path: Path, now: datetime
) -> None:
    await fill(store, tmp_path, now - timedelta(days=1), ("Z", "Y"))
    await fill(store, tmp_path, now, ("D", "C"), ("A", "B"))
    async with store.write() as session:
        await withdraw(session, "a-vs-b", reason="wrong", now=now)
        found = await comparisons_without_reviews(session, newest=1)
        with_withdrawn = await comparisons_without_reviews(session, include_withdrawn=True)
    assert [view.slug for view in found] == ["d-vs-c"]
    assert [view.slug for view in with_withdrawn] == ["a-vs-b", "d-vs-c", "z-vs-y"]


async def test_datetimes_are_aware_and_titles_are_complete(
    store: Store, tmp_path: Path, now: datetime
) -> None:
    await fill(store, tmp_path, now, ("A: Long", "B"))
    async with store.read() as session:
        view = await comparison(session, "a-long-vs-b")
    assert view.first_seen_at == now
    assert view.title == "A: Long vs B"
    assert view.left.short_name == "A"


async def test_many_comparisons_take_no_more_queries_than_few(
    store: Store, tmp_path: Path, now: datetime
) -> None:
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    async def cost() -> int:
        statements.clear()
        async with store.read() as session:
            await comparisons(session)
        return sum(statement.startswith("SELECT") for statement in statements)

    event.listen(store.engine.sync_engine, "before_cursor_execute", note)
    await fill(store, tmp_path, now, ("A", "B"))
    few = await cost()
    await fill(store, tmp_path, now, *((f"A{n}", f"B{n}") for n in range(30)))
    assert await cost() == few <= 3


async def test_the_error_for_an_unknown_slug_names_the_most_similar_one(
    store: Store, tmp_path: Path, now: datetime
) -> None:
    async with store.read() as session:
        with pytest.raises(NotFound, match="no comparisons yet"):
            await comparison(session, "a-vs-b")
    await fill(store, tmp_path, now, ("Alder", "Birch"))
    async with store.read() as session:
        with pytest.raises(NotFound, match=r"did you mean alder-vs-birch\?"):
            await comparison(session, "alder-v-birch")
