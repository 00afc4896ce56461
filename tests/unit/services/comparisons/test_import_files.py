"""One import: all or nothing, revisions, conflicts, and what an import never changes."""

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


class Editor:
    """An editor with a store and a folder."""

    def __init__(self, store: Store, folder: Path, now: datetime) -> None:
        self.store, self.folder, self.now = store, folder, now

    async def imports(
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
def editor(store: Store, tmp_path: Path, now: datetime) -> Editor:
    return Editor(store, tmp_path, now)


def tool(name: str = "Ash", **facts: Any) -> dict[str, Any]:
    return {"name": name, **facts}


async def test_a_new_tool_gets_its_first_revision(editor: Editor) -> None:
    report = await editor.imports(comparison(tool(panel_ship_percent=75), "Birch"))
    assert report.tools_added == ("Ash", "Birch")
    assert report.comparisons_added == ("ash-vs-birch",)
    assert await editor.revisions("ash") == [("ship", editor.now)]
    assert await editor.revisions("birch") == [("no_take", editor.now)]


async def test_a_changed_panel_adds_a_dated_revision(editor: Editor) -> None:
    await editor.imports(comparison(tool(ship=3, skip=1), "Birch"), as_of=editor.now - WEEK)
    report = await editor.imports(comparison(tool(ship=1, skip=3), "Birch"))
    assert [(c.field, c.before, c.after) for c in report.changes] == [
        ("panel_ship_percent", 75, 25),
        ("ship", 3, 1),
        ("skip", 1, 3),
        ("verdict", "ship", "skip"),
    ]
    assert await editor.revisions("ash") == [("ship", editor.now - WEEK), ("skip", editor.now)]


async def test_the_verdict_at_an_instant_can_be_read(editor: Editor) -> None:
    await editor.imports(comparison(tool(ship=3, skip=1), "Birch"), as_of=editor.now - WEEK)
    await editor.imports(comparison(tool(ship=1, skip=3), "Birch"))
    async with editor.store.read() as session:
        before = await verdicts_at(session, editor.now - timedelta(seconds=1))
        after = await verdicts_at(session, editor.now)
        assert await verdicts_at(session, editor.now - 2 * WEEK) == {}
    assert before["ash"].verdict == Verdict.SHIP
    assert after["ash"].verdict == Verdict.SKIP
    assert after["birch"].verdict == Verdict.NO_TAKE


async def test_an_unchanged_panel_adds_no_revision(editor: Editor) -> None:
    document = comparison(tool(ship=3, skip=1), "Birch")
    await editor.imports(document, as_of=editor.now - WEEK)
    report = await editor.imports(document)
    assert report.changes == ()
    assert report.unchanged == ("ash-vs-birch",)
    assert len(await editor.revisions("ash")) == 1


async def test_a_panel_older_than_the_stored_one_is_refused(editor: Editor) -> None:
    await editor.imports(comparison(tool(ship=3, skip=1), "Birch"))
    report = await editor.imports(
        comparison(tool(ship=1, skip=3), "Birch"), as_of=editor.now - WEEK
    )
    assert not report.stored
    assert "later verdict" in report.errors[0].message
    assert (await editor.tool("ash")).ship == 3


async def test_a_comparison_is_recognised_with_its_tools_in_either_order(editor: Editor) -> None:
    await editor.imports(comparison("Ash", "Birch"))
    report = await editor.imports(comparison("Birch", "Ash"))
    assert report.unchanged == ("ash-vs-birch",)
    assert await editor.count() == 1


async def test_what_a_page_leaves_out_is_not_deleted(editor: Editor) -> None:
    facts = {"tagline": "T", "community": "9", "pricing": "P", "best_for": "B", "entry": "Free"}
    review = {"persona": "Builder", "score": 5, "verdict": "skip", "quote": "Q"}
    await editor.imports(comparison(tool(ship=1, skip=0, reviews=[review], **facts), "Birch"))
    before = await editor.tool("ash")
    await editor.imports(comparison(tool(tagline=None, reviews=[{"persona": "Builder"}]), "Birch"))
    await editor.imports(
        page_a(card_a("Ash", "100%", tagline="T", description="—"), card_a("Birch"))
    )
    after = await editor.tool("ash")
    assert after == before.model_copy(update={"category": "Testing"})


async def test_two_pages_that_disagree_store_nothing(editor: Editor) -> None:
    report = await editor.imports(
        comparison(tool(entry="Free"), "Birch"), comparison(tool(entry="Paid"), "Cedar")
    )
    [error] = report.errors
    assert str(error).endswith(
        f"1.json:4: Ash: the entry is 'Paid' here, but 'Free' at {editor.folder / '0.json'}:4"
    )
    assert not report.stored
    assert await editor.count() == 0


@pytest.mark.parametrize(
    ("one", "other", "message"),
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
    editor: Editor, one: dict[str, Any], other: dict[str, Any], message: str
) -> None:
    report = await editor.imports(
        comparison(tool(**one), "Birch"), comparison(tool(**other), "Cedar")
    )
    assert [message in error.message for error in report.errors] == [True]
    assert await editor.count() == 0


async def test_different_white_space_is_no_conflict(editor: Editor) -> None:
    report = await editor.imports(
        comparison(tool(description="a  b\nc"), "Birch"),
        comparison(tool(description="a b c"), "Cedar"),
    )
    assert report.stored


async def test_a_difference_from_the_store_is_a_change(editor: Editor) -> None:
    await editor.imports(comparison(tool(entry="Free"), "Birch"))
    report = await editor.imports(comparison(tool(entry="Paid"), "Birch"))
    assert [(c.subject, c.field, c.before, c.after) for c in report.changes] == [
        ("Ash", "entry", "Free", "Paid")
    ]


async def test_an_error_in_one_file_stores_none_of_them(editor: Editor) -> None:
    report = await editor.imports(page_b(rows=NAMED), "not a page")
    assert [file.comparisons for file in report.files] == [("Ash vs Birch",), ()]
    assert not report.stored
    assert await editor.count() == 0


async def test_a_dry_run_reports_everything_and_stores_nothing(editor: Editor) -> None:
    report = await editor.imports(page_b(rows=NAMED), dry_run=True)
    assert report.comparisons_added == ("ash-vs-birch",)
    assert not report.stored
    assert await editor.count() == 0


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
    editor: Editor, order: tuple[str, str], together: bool
) -> None:
    for contents in [order] if together else [(page,) for page in order]:
        assert (await editor.imports(*contents)).stored
    ash = await editor.tool("ash")
    found = [
        (r.persona, r.score, r.verdict, " ".join((r.quote or "").split())) for r in ash.reviews
    ]
    assert found == BUILDER_AND_SKEPTIC
    assert not any(review.inferred for review in ash.reviews)
    assert len(await editor.revisions("ash")) == 1


async def test_an_inferred_take_moves_to_the_tool_that_a_page_names(editor: Editor) -> None:
    shifted = page_a(
        card_a("Ash", "100%"), card_a("Birch", "50%"), ["a one", "a two", "b one", "b two"]
    )
    await editor.imports(shifted)
    assert [r.quote for r in (await editor.tool("ash")).reviews] == ["a one", "b one"]
    await editor.imports(NAMED_PAGE)
    assert [r.quote for r in (await editor.tool("ash")).reviews] == ["a one", "a two"]
    assert [r.quote for r in (await editor.tool("birch")).reviews] == ["b one", "b two"]


async def test_stored_quotes_count_in_the_attribution(editor: Editor) -> None:
    await editor.imports(NAMED_PAGE)
    swapped = page_a(card_a("Ash", "100%"), card_a("Birch", "50%"), ["b one", "a one"])
    report = await editor.imports(swapped)
    assert report.stored
    assert "left out" in report.problems[0].message
    assert len((await editor.tool("ash")).reviews) == 2


async def test_a_named_take_absorbs_an_unnamed_one_with_the_same_quote(editor: Editor) -> None:
    def panel(*reviews: dict[str, Any]) -> dict[str, Any]:
        return comparison(tool(reviews=list(reviews)), "Birch")

    await editor.imports(panel({"persona": "PM", "quote": "old"}, {"quote": "new"}))
    await editor.imports(panel({"persona": "PM", "quote": "new"}))
    assert [(r.persona, r.quote) for r in (await editor.tool("ash")).reviews] == [("PM", "new")]


async def test_two_personas_may_have_the_same_quote(editor: Editor) -> None:
    reviews = [{"persona": name, "quote": "Ship it."} for name in ("Builder", "PM")]
    document = comparison(tool(reviews=reviews), "Birch")
    await editor.imports(document)
    assert (await editor.imports(document)).changes == ()
    assert [r.persona for r in (await editor.tool("ash")).reviews] == ["Builder", "PM"]


async def test_slugs_are_unique_and_do_not_change(editor: Editor) -> None:
    await editor.imports(comparison("C", "C++"), comparison("C#", "C"))
    async with editor.store.read() as session:
        slugs = [view.slug for view in await comparisons(session)]
    assert len(set(slugs)) == 2
    report = await editor.imports({**comparison("C", "C++"), "slug": "another"})
    assert report.stored
    assert "slugs don't change" in report.problems[0].message


async def test_a_withdrawn_comparison_stays_withdrawn(editor: Editor) -> None:
    await editor.imports(comparison("Ash", "Birch"))
    async with editor.store.write() as session:
        await withdraw(session, "ash-vs-birch", reason="wrong", now=editor.now)
    report = await editor.imports(comparison("Ash", "Birch"))
    assert "stays withdrawn" in report.problems[0].message
    assert await editor.count() == 0


async def test_exported_json_imports_without_loss(
    editor: Editor, store: Store, now: datetime
) -> None:
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
    await editor.imports(
        {**comparison(rich, "Birch"), "url": "https://x.example/", "slug": "trees"}
    )
    async with store.read() as session:
        view = await get_comparison(session, "trees")
    document = json.loads(comparison_details(view).model_dump_json())
    again = await editor.imports(document)
    assert again.unchanged == ("trees",)
    assert again.problems == ()
    async with store.write() as session:
        for table in ("review", "verdict_revision", "comparison", "tool"):
            await session.exec(text(f"DELETE FROM {table}"))  # type: ignore[call-overload]
    await editor.imports(document)
    async with store.read() as session:
        assert await get_comparison(session, "trees") == view


async def test_a_failed_write_stores_nothing(
    editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("digest.catalogue.importing.write._write_pairs", fail)
    with pytest.raises(OSError, match="disk full"):
        await editor.imports(page_b(rows=NAMED))
    monkeypatch.undo()
    report = await editor.imports(page_b(rows=NAMED))
    assert report.tools_added == ("Ash", "Birch")


async def test_a_review_with_an_edited_persona_is_recognised_by_its_quote(editor: Editor) -> None:
    document = comparison(tool(reviews=[{"persona": "PM", "quote": "Q"}]), "Birch")
    await editor.imports(document)
    async with editor.store.write() as session:
        edits = Edits(personas=[PersonaEdit("left", 1, "Owner")])
        await edit_comparison(session, "ash-vs-birch", edits, now=editor.now)
    report = await editor.imports(document)
    assert [(c.field, c.before, c.after) for c in report.changes] == [
        ("take by PM: persona", "Owner", "PM")
    ]
    assert [review.persona for review in (await editor.tool("ash")).reviews] == ["PM"]


async def test_a_stored_slug_stays_although_the_name_would_now_get_another(
    editor: Editor, store: Store
) -> None:
    await editor.imports(
        {**comparison(tool("דיגסט", slug="tool"), "Birch"), "slug": "tool-vs-birch"}
    )
    report = await editor.imports(comparison("דיגסט", "Birch"), comparison("דיגסט", "Яндекс"))
    assert report.unchanged == ("tool-vs-birch",)
    assert report.comparisons_added == ("tool-vs-yandeks",)
    async with store.read() as session:
        assert (await get_comparison(session, "tool-vs-birch")).left.slug == "tool"
