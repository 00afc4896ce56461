"""One import: all or nothing, revisions, conflicts, and what an import never does."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from digest.catalogue.editing import edit_comparison, withdraw
from digest.catalogue.edits import Edits, PersonaEdit
from digest.catalogue.queries import comparison as get_comparison
from digest.catalogue.queries import comparisons, verdict_histories, verdicts_at
from digest.catalogue.verdict import Verdict
from digest.catalogue.views import ToolView
from digest.services.comparisons.import_files import ImportReport
from digest.services.comparisons.show import comparison_details
from digest.store import Store
from tests.unit.catalogue.building import (
    card_a,
    comparison,
    import_files,
    page_a,
    page_b,
    take_b,
)

WEEK = timedelta(days=7)
NAMED = "\n".join(
    [
        "Builder",
        take_b(80, "ship", "a one"),
        take_b(70, "ship", "b one"),
        "Skeptic",
        take_b(60, "ship", "a two"),
        take_b(30, "skip", "b two"),
    ]
)


class Desk:
    """An editor with a store and a folder."""

    def __init__(self, store: Store, folder: Path, now: datetime) -> None:
        self.store, self.folder, self.now = store, folder, now

    async def bring(
        self, *contents: Any, as_of: datetime | None = None, dry_run: bool = False
    ) -> ImportReport:
        """Import texts and JSON documents as the files 0.txt, 1.json, …"""
        paths = []
        for number, content in enumerate(contents):
            is_text = isinstance(content, str)
            path = self.folder / f"{number}{'.txt' if is_text else '.json'}"
            path.write_text(content if is_text else json.dumps(content, indent=1))
            paths.append(path)
        return await import_files(self.store, *paths, as_of=as_of or self.now, dry_run=dry_run)

    async def tool(self, slug: str) -> ToolView:
        async with self.store.read() as session:
            found = await comparisons(session)
        tools = {tool.slug: tool for view in found for tool in (view.left, view.right)}
        return tools[slug]

    async def count(self) -> int:
        async with self.store.read() as session:
            return len(await comparisons(session))

    async def revisions(self, slug: str) -> list[tuple[str, datetime]]:
        async with self.store.read() as session:
            found = await verdict_histories(session, [slug])
        return [(str(revision.verdict), revision.as_of) for revision in found[slug]]


@pytest.fixture
def desk(store: Store, tmp_path: Path, now: datetime) -> Desk:
    return Desk(store, tmp_path, now)


def tool(name: str = "Ash", **facts: Any) -> dict[str, Any]:
    return {"name": name, **facts}


async def test_a_new_tool_gets_its_first_revision(desk: Desk) -> None:
    report = await desk.bring(comparison(tool(panel_ship_percent=75), "Birch"))
    assert report.tools_added == ("Ash", "Birch")
    assert report.comparisons_added == ("ash-vs-birch",)
    assert await desk.revisions("ash") == [("ship", desk.now)]
    assert await desk.revisions("birch") == [("no_take", desk.now)]


async def test_a_changed_panel_adds_a_dated_revision(desk: Desk) -> None:
    await desk.bring(comparison(tool(ship=3, skip=1), "Birch"), as_of=desk.now - WEEK)
    report = await desk.bring(comparison(tool(ship=1, skip=3), "Birch"))
    assert [(c.field, c.before, c.after) for c in report.changes] == [
        ("panel_ship_percent", 75, 25),
        ("ship", 3, 1),
        ("skip", 1, 3),
        ("verdict", "ship", "skip"),
    ]
    assert await desk.revisions("ash") == [("ship", desk.now - WEEK), ("skip", desk.now)]


async def test_the_verdict_at_an_instant_can_be_read(desk: Desk) -> None:
    await desk.bring(comparison(tool(ship=3, skip=1), "Birch"), as_of=desk.now - WEEK)
    await desk.bring(comparison(tool(ship=1, skip=3), "Birch"))
    async with desk.store.read() as session:
        before = await verdicts_at(session, desk.now - timedelta(seconds=1))
        after = await verdicts_at(session, desk.now)
        assert await verdicts_at(session, desk.now - 2 * WEEK) == {}
    assert before["ash"].verdict == Verdict.SHIP
    assert after["ash"].verdict == Verdict.SKIP
    assert after["birch"].verdict == Verdict.NO_TAKE


async def test_an_unchanged_panel_adds_no_revision(desk: Desk) -> None:
    document = comparison(tool(ship=3, skip=1), "Birch")
    await desk.bring(document, as_of=desk.now - WEEK)
    report = await desk.bring(document)
    assert report.changes == ()
    assert report.unchanged == ("ash-vs-birch",)
    assert len(await desk.revisions("ash")) == 1


async def test_a_panel_older_than_the_stored_one_is_refused(desk: Desk) -> None:
    await desk.bring(comparison(tool(ship=3, skip=1), "Birch"))
    report = await desk.bring(comparison(tool(ship=1, skip=3), "Birch"), as_of=desk.now - WEEK)
    assert not report.stored
    assert "later verdict" in report.errors[0].message
    assert (await desk.tool("ash")).ship == 3


async def test_a_comparison_is_recognised_with_its_tools_in_either_order(desk: Desk) -> None:
    await desk.bring(comparison("Ash", "Birch"))
    report = await desk.bring(comparison("Birch", "Ash"))
    assert report.unchanged == ("ash-vs-birch",)
    assert await desk.count() == 1


async def test_what_a_page_leaves_out_is_not_deleted(desk: Desk) -> None:
    facts = {"tagline": "T", "community": "9", "pricing": "P", "best_for": "B", "entry": "Free"}
    review = {"persona": "Builder", "score": 5, "verdict": "skip", "quote": "Q"}
    await desk.bring(comparison(tool(ship=1, skip=0, reviews=[review], **facts), "Birch"))
    before = await desk.tool("ash")
    await desk.bring(comparison(tool(tagline=None, reviews=[{"persona": "Builder"}]), "Birch"))
    await desk.bring(page_a(card_a("Ash", "100%", tagline="T", description="—"), card_a("Birch")))
    after = await desk.tool("ash")
    assert after == before.model_copy(update={"category": "Testing"})


async def test_two_pages_that_disagree_store_nothing(desk: Desk) -> None:
    report = await desk.bring(
        comparison(tool(entry="Free"), "Birch"), comparison(tool(entry="Paid"), "Cedar")
    )
    [error] = report.errors
    assert str(error).endswith(
        f"1.json:4: Ash: the entry is 'Paid' here, but 'Free' at {desk.folder / '0.json'}:4"
    )
    assert not report.stored
    assert await desk.count() == 0


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ({"panel_ship_percent": 75}, {"panel_ship_percent": 50}, "the panel is 50% ship"),
        ({"ship": 3, "skip": 1}, {"ship": 6, "skip": 2}, "(6 ship / 2 skip)"),
        (
            {"reviews": [{"persona": "PM", "score": 1}]},
            {"reviews": [{"persona": "PM", "score": 2}]},
            "the score of the take by PM is '2'",
        ),
        (
            {"reviews": [{"persona": "PM", "quote": "x"}]},
            {"reviews": [{"persona": "PM", "quote": "y"}]},
            "the quote of the take by PM is 'y'",
        ),
    ],
)
async def test_panels_and_takes_that_disagree_are_conflicts(
    desk: Desk, one: dict[str, Any], other: dict[str, Any], told: str
) -> None:
    report = await desk.bring(comparison(tool(**one), "Birch"), comparison(tool(**other), "Cedar"))
    assert [told in error.message for error in report.errors] == [True]
    assert await desk.count() == 0


async def test_different_white_space_is_no_conflict(desk: Desk) -> None:
    report = await desk.bring(
        comparison(tool(description="a  b\nc"), "Birch"),
        comparison(tool(description="a b c"), "Cedar"),
    )
    assert report.stored


async def test_a_difference_from_the_store_is_a_change(desk: Desk) -> None:
    await desk.bring(comparison(tool(entry="Free"), "Birch"))
    report = await desk.bring(comparison(tool(entry="Paid"), "Birch"))
    assert [(c.subject, c.field, c.before, c.after) for c in report.changes] == [
        ("Ash", "entry", "Free", "Paid")
    ]


async def test_an_error_in_one_file_stores_none_of_them(desk: Desk) -> None:
    report = await desk.bring(page_b(rows=NAMED), "not a page")
    assert [file.comparisons for file in report.files] == [("Ash vs Birch",), ()]
    assert not report.stored
    assert await desk.count() == 0


async def test_a_dry_run_reports_everything_and_stores_nothing(desk: Desk) -> None:
    report = await desk.bring(page_b(rows=NAMED), dry_run=True)
    assert report.comparisons_added == ("ash-vs-birch",)
    assert not report.stored
    assert await desk.count() == 0


NAMELESS = page_a(
    card_a("Ash", "100%"), card_a("Birch", "50%"), ["a one", "b one", "a  two", "b two"]
)
NAMED_PAGE = page_b(
    percents=("100%", "50%"),
    table={
        "Panel verdict": ("Ship · 2 ship / 0 skip", "Split · 1 ship / 1 skip"),
    },
    rows=NAMED,
)
BUILDER_AND_SKEPTIC = [("Builder", 80, "ship", "a one"), ("Skeptic", 60, "ship", "a two")]


@pytest.mark.parametrize("order", [(NAMELESS, NAMED_PAGE), (NAMED_PAGE, NAMELESS)])
@pytest.mark.parametrize("together", [True, False])
async def test_personas_are_filled_in_from_any_page_that_names_them(
    desk: Desk, order: tuple[str, str], together: bool
) -> None:
    for contents in [order] if together else [(page,) for page in order]:
        assert (await desk.bring(*contents)).stored
    ash = await desk.tool("ash")
    found = [
        (r.persona, r.score, r.verdict, " ".join((r.quote or "").split())) for r in ash.reviews
    ]
    assert found == BUILDER_AND_SKEPTIC
    assert not any(review.inferred for review in ash.reviews)
    assert len(await desk.revisions("ash")) == 1


async def test_an_inferred_take_moves_to_the_tool_that_a_page_names(desk: Desk) -> None:
    shifted = page_a(
        card_a("Ash", "100%"), card_a("Birch", "50%"), ["a one", "a two", "b one", "b two"]
    )
    await desk.bring(shifted)
    assert [r.quote for r in (await desk.tool("ash")).reviews] == ["a one", "b one"]
    await desk.bring(NAMED_PAGE)
    assert [r.quote for r in (await desk.tool("ash")).reviews] == ["a one", "a two"]
    assert [r.quote for r in (await desk.tool("birch")).reviews] == ["b one", "b two"]


async def test_stored_quotes_count_in_the_attribution(desk: Desk) -> None:
    await desk.bring(NAMED_PAGE)
    swapped = page_a(card_a("Ash", "100%"), card_a("Birch", "50%"), ["b one", "a one"])
    report = await desk.bring(swapped)
    assert report.stored
    assert "left out" in report.problems[0].message
    assert len((await desk.tool("ash")).reviews) == 2


async def test_a_named_take_absorbs_an_unnamed_one_with_the_same_quote(desk: Desk) -> None:
    def panel(*reviews: dict[str, Any]) -> dict[str, Any]:
        return comparison(tool(reviews=list(reviews)), "Birch")

    await desk.bring(panel({"persona": "PM", "quote": "old"}, {"quote": "new"}))
    await desk.bring(panel({"persona": "PM", "quote": "new"}))
    assert [(r.persona, r.quote) for r in (await desk.tool("ash")).reviews] == [("PM", "new")]


async def test_two_personas_may_have_the_same_quote(desk: Desk) -> None:
    reviews = [{"persona": name, "quote": "Ship it."} for name in ("Builder", "PM")]
    document = comparison(tool(reviews=reviews), "Birch")
    await desk.bring(document)
    assert (await desk.bring(document)).changes == ()
    assert [r.persona for r in (await desk.tool("ash")).reviews] == ["Builder", "PM"]


async def test_slugs_are_unique_and_do_not_change(desk: Desk) -> None:
    await desk.bring(comparison("C", "C++"), comparison("C#", "C"))
    async with desk.store.read() as session:
        slugs = [view.slug for view in await comparisons(session)]
    assert len(set(slugs)) == 2
    report = await desk.bring({**comparison("C", "C++"), "slug": "another"})
    assert report.stored
    assert "slugs don't change" in report.problems[0].message


async def test_a_withdrawn_comparison_stays_withdrawn(desk: Desk) -> None:
    await desk.bring(comparison("Ash", "Birch"))
    async with desk.store.write() as session:
        await withdraw(session, "ash-vs-birch", reason="wrong", now=desk.now)
    report = await desk.bring(comparison("Ash", "Birch"))
    assert "stays withdrawn" in report.problems[0].message
    assert await desk.count() == 0


async def test_exported_json_imports_without_loss(desk: Desk, store: Store, now: datetime) -> None:
    rich = tool(
        "Ash: The Long Name & More",
        short_name="Ashy",
        url="https://ash.example/x",
        category="Trees",
        tagline="T",
        entry="Free",
        pricing="P",
        best_for="B",
        description="One.\n\nTwo.",
        community="12 votes",
        panel_ship_percent=67,
        reviews=[
            {"persona": "Builder", "score": 0, "verdict": "skip", "quote": "q “curly” 'x'"},
            {"persona": "PM"},
            {"quote": "nobody's", "inferred": True},
        ],
    )
    await desk.bring({**comparison(rich, "Birch"), "url": "https://x.example/", "slug": "trees"})
    async with store.read() as session:
        view = await get_comparison(session, "trees")
    document = json.loads(comparison_details(view).model_dump_json())
    again = await desk.bring(document)
    assert again.unchanged == ("trees",)
    assert again.problems == ()
    async with store.write() as session:
        for table in ("review", "verdict_revision", "comparison", "tool"):
            await session.exec(text(f"DELETE FROM {table}"))  # type: ignore[call-overload]
    await desk.bring(document)
    async with store.read() as session:
        assert await get_comparison(session, "trees") == view


async def test_a_failed_write_stores_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("digest.catalogue.importing.write._write_pairs", fail)
    with pytest.raises(OSError, match="disk full"):
        await desk.bring(page_b(rows=NAMED))
    monkeypatch.undo()
    report = await desk.bring(page_b(rows=NAMED))
    assert report.tools_added == ("Ash", "Birch")


async def test_a_review_with_an_edited_persona_is_recognised_by_its_quote(desk: Desk) -> None:
    document = comparison(tool(reviews=[{"persona": "PM", "quote": "Q"}]), "Birch")
    await desk.bring(document)
    async with desk.store.write() as session:
        edits = Edits(personas=[PersonaEdit("left", 1, "Owner")])
        await edit_comparison(session, "ash-vs-birch", edits, now=desk.now)
    report = await desk.bring(document)
    assert [(c.field, c.before, c.after) for c in report.changes] == [
        ("take by PM: persona", "Owner", "PM")
    ]
    assert [review.persona for review in (await desk.tool("ash")).reviews] == ["PM"]


async def test_a_stored_slug_stays_although_the_name_would_now_get_another(
    desk: Desk, store: Store
) -> None:
    await desk.bring({**comparison(tool("דיגסט", slug="tool"), "Birch"), "slug": "tool-vs-birch"})
    report = await desk.bring(comparison("דיגסט", "Birch"), comparison("דיגסט", "Яндекс"))
    assert report.unchanged == ("tool-vs-birch",)
    assert report.comparisons_added == ("tool-vs-yandeks",)
    async with store.read() as session:
        assert (await get_comparison(session, "tool-vs-birch")).left.slug == "tool"
