"""An editor's changes, and those that are refused."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.catalogue.editing import edit_comparison, restore, withdraw
from digest.catalogue.edits import Edits, FactEdit, PanelEdit, PersonaEdit
from digest.catalogue.queries import comparison, comparisons, verdict_histories
from digest.errors import DigestError, NotFound, Refused, UsageError
from digest.store import Store
from tests.unit.catalogue.building import card_a, import_files, page_a

SLUG = "ash-a-tree-vs-birch"


@pytest.fixture
async def session(store: Store, tmp_path: Path, now: datetime) -> AsyncIterator[AsyncSession]:
    pages = tmp_path / "pages"
    pages.mkdir()
    ash = card_a("Ash: A Tree", "50%")
    (pages / "1.txt").write_text(page_a(ash, card_a("Birch", "50%"), ["a", "b", "c", "d"]))
    (pages / "2.txt").write_text(page_a(ash, card_a("Cedar", "50%"), ["a", "e", "c", "f"]))
    report = await import_files(store, pages, as_of=now)
    assert report.stored
    async with store.write() as session:
        yield session


async def test_a_url_and_a_short_name_are_set_and_reported(
    session: AsyncSession, now: datetime
) -> None:
    edits = Edits(url="https://x.example/", facts=[FactEdit("left", "short_name", "Ashy")])
    changes = await edit_comparison(session, SLUG, edits, now=now)
    assert [(c.field, c.before, c.after) for c in changes] == [
        ("url", None, "https://x.example/"),
        ("short_name", None, "Ashy"),
    ]
    view = await comparison(session, SLUG)
    assert view.url == "https://x.example/"
    assert view.left.short_name == "Ashy"


async def test_one_edit_of_a_tool_shows_in_all_its_comparisons(
    session: AsyncSession, now: datetime
) -> None:
    await edit_comparison(session, SLUG, Edits(facts=[FactEdit("left", "entry", "Paid")]), now=now)
    assert {view.left.entry for view in await comparisons(session)} == {"Paid"}


async def test_an_empty_value_clears_a_fact(session: AsyncSession, now: datetime) -> None:
    await edit_comparison(session, SLUG, Edits(facts=[FactEdit("right", "entry", "")]), now=now)
    assert (await comparison(session, SLUG)).right.entry is None


async def test_the_same_value_is_no_change(session: AsyncSession, now: datetime) -> None:
    edits = Edits(facts=[FactEdit("right", "entry", "Free")])
    assert await edit_comparison(session, SLUG, edits, now=now) == []


@pytest.mark.parametrize("name", ["left", "LEFT", "ash-a-tree", "Ash: A Tree", "ash: a  tree"])
async def test_a_tool_is_found_by_side_slug_or_name(
    session: AsyncSession, now: datetime, name: str
) -> None:
    changes = await edit_comparison(
        session, SLUG, Edits(facts=[FactEdit(name, "entry", "x")]), now=now
    )
    assert changes[0].subject == "Ash: A Tree"


async def test_a_review_with_a_persona_is_no_longer_inferred(
    session: AsyncSession, now: datetime
) -> None:
    edits = Edits(personas=[PersonaEdit("left", 2, "Skeptic")])
    changes = await edit_comparison(session, SLUG, edits, now=now)
    assert [(c.field, c.before, c.after) for c in changes] == [
        ("review 2: persona", None, "Skeptic")
    ]
    reviews = (await comparison(session, SLUG)).left.reviews
    assert [(r.persona, r.quote, r.inferred) for r in reviews] == [
        (None, "a", True),
        ("Skeptic", "c", False),
    ]


async def test_an_edited_persona_survives_another_import_of_the_page(
    store: Store, tmp_path: Path, now: datetime
) -> None:
    page = tmp_path / "page.txt"
    page.write_text(page_a(card_a("Ash", "50%"), card_a("Birch", "50%"), ["a", "b"]))
    await import_files(store, page, as_of=now)
    async with store.write() as session:
        edits = Edits(personas=[PersonaEdit("left", 1, "PM")])
        await edit_comparison(session, "ash-vs-birch", edits, now=now)
    assert (await import_files(store, page, as_of=now)).changes == ()
    async with store.read() as session:
        assert (await comparison(session, "ash-vs-birch")).left.reviews[0].persona == "PM"


async def test_a_corrected_panel_adds_a_verdict_revision(
    session: AsyncSession, now: datetime
) -> None:
    later = now + timedelta(hours=1)
    await edit_comparison(session, SLUG, Edits(panels=[PanelEdit("left", 3, 1)]), now=later)
    left = (await comparison(session, SLUG)).left
    assert (left.panel_ship_percent, left.ship, left.skip, left.verdict) == (75, 3, 1, "ship")
    histories = await verdict_histories(session, [left.slug])
    assert [(r.verdict, r.as_of) for r in histories[left.slug]] == [("split", now), ("ship", later)]


@pytest.mark.parametrize(
    ("slug", "edits", "error", "message"),
    [
        ("ash-vs-birch", Edits(url="https://x.example"), NotFound, f"did you mean {SLUG}?"),
        (SLUG, Edits(url="ftp://x.example"), UsageError, "http:// or https://"),
        (SLUG, Edits(url="https://x.example/a b"), UsageError, "http:// or https://"),
        (SLUG, Edits(facts=[FactEdit("mid", "entry", "x")]), NotFound, "use left, right"),
        (SLUG, Edits(facts=[FactEdit("left", "name", "x")]), UsageError, "no fact 'name'"),
        (SLUG, Edits(facts=[FactEdit("left", "entry", "a\x07")]), UsageError, "control character"),
        (SLUG, Edits(facts=[FactEdit("left", "entry", "a\nb")]), UsageError, "one line"),
        (SLUG, Edits(personas=[PersonaEdit("left", 3, "PM")]), NotFound, "has 2 reviews"),
        (SLUG, Edits(personas=[PersonaEdit("left", 0, "PM")]), NotFound, "has 2 reviews"),
    ],
)
async def test_invalid_edits_are_refused(
    session: AsyncSession,
    now: datetime,
    slug: str,
    edits: Edits,
    error: type[DigestError],
    message: str,
) -> None:
    with pytest.raises(error) as caught:
        await edit_comparison(session, slug, edits, now=now)
    assert message in str(caught.value)


async def test_a_persona_has_at_most_one_review_of_a_tool(
    session: AsyncSession, now: datetime
) -> None:
    edits = Edits(personas=[PersonaEdit("left", 1, "PM"), PersonaEdit("left", 2, "PM")])
    with pytest.raises(Refused, match="already has a review by PM"):
        await edit_comparison(session, SLUG, edits, now=now)


async def test_withdrawing_hides_and_restoring_shows_again(
    session: AsyncSession, now: datetime
) -> None:
    await withdraw(session, SLUG, reason=" not  theirs ", now=now)
    assert SLUG not in {view.slug for view in await comparisons(session)}
    view = await comparison(session, SLUG)
    assert (view.withdrawn_at, view.withdrawn_reason) == (now, "not theirs")
    with pytest.raises(Refused, match="already withdrawn"):
        await withdraw(session, SLUG, reason="again", now=now)
    await restore(session, SLUG)
    assert SLUG in {view.slug for view in await comparisons(session)}
    with pytest.raises(Refused, match="not withdrawn"):
        await restore(session, SLUG)


async def test_withdrawing_needs_a_reason(session: AsyncSession, now: datetime) -> None:
    with pytest.raises(UsageError, match="needs a reason"):
        await withdraw(session, SLUG, reason=" ", now=now)
