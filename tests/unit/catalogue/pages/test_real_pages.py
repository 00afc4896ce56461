"""The five real pages: six tools, five comparisons, every fact, in any order."""

import asyncio
import hashlib
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.catalogue.pages.page import FACTS
from digest.catalogue.queries import comparisons, verdict_histories
from digest.catalogue.verdict import Verdict
from digest.catalogue.views import ComparisonView, ToolView
from digest.store import Store, open_store
from digest.tables import metadata
from tests.conftest import PAGES
from tests.unit.catalogue.building import import_files

SHARED = "Claude 4 API: Tool Use Streaming & Prompt Caching"
SMOL = "SmolAgents 2.0"
PANELS = {
    SHARED: (100, 4, 0, Verdict.SHIP),
    "Codestral 2": (75, 3, 1, Verdict.SHIP),
    "Code Llama 4": (75, 3, 1, Verdict.SHIP),
    "Claude Haiku Open Weights": (50, 2, 2, Verdict.SPLIT),
    "Claude Code Local": (75, 3, 1, Verdict.SHIP),
    SMOL: (75, 3, 1, Verdict.SHIP),
}
ENTRIES = {
    SHARED: "Paid",
    "Codestral 2": "Paid",
    "Code Llama 4": "Free",
    "Claude Haiku Open Weights": "Free",
    "Claude Code Local": "Free",
    SMOL: "Free",
}
TAGLINES = {
    SHARED: "811d710f",
    "Codestral 2": "95ae9c58",
    "Code Llama 4": "91c7bf08",
    "Claude Haiku Open Weights": "850f51fe",
    "Claude Code Local": "a15381b8",
    SMOL: "ea5ba583",
}
DESCRIPTIONS = {
    SHARED: (524, "43eb7e6d"),
    "Codestral 2": (1175, "057d15ce"),
    "Code Llama 4": (367, "92952a6e"),
    "Claude Haiku Open Weights": (342, "c90d8b32"),
    "Claude Code Local": (1069, "77473eea"),
    SMOL: (408, "076716de"),
}
QUOTES = {
    SHARED: [(938, "3f817bdb"), (996, "5318124e"), (1133, "4fa9f69f"), (1086, "47eb695b")],
    "Codestral 2": [(289, "b79c924d"), (344, "b3324741"), (321, "f3f995d4"), (257, "c97ff24e")],
    "Code Llama 4": [(799, "a4c3ccf1"), (934, "8d84a5d2"), (1090, "b00172b3"), (914, "2ba5001a")],
    "Claude Haiku Open Weights": [
        (760, "925cce58"),
        (770, "086ea359"),
        (941, "690c7a84"),
        (729, "e4068ca5"),
    ],
    "Claude Code Local": [
        (262, "ad6fbd25"),
        (245, "91b9259e"),
        (230, "58b824e1"),
        (254, "66c51fab"),
    ],
    SMOL: [(797, "ad1016b5"), (861, "360078bb"), (972, "e61dc667"), (816, "f96fa607")],
}
JUDGED = {
    SHARED: [
        ("Builder", 88, "ship"),
        ("Skeptic", 82, "ship"),
        ("Futurist", 85, "ship"),
        ("Founder", 79, "ship"),
    ],
    SMOL: [
        ("Builder", 74, "ship"),
        ("Skeptic", 68, "ship"),
        ("Futurist", 77, "ship"),
        ("PM", 55, "skip"),
    ],
}


def mark(text: str | None) -> str:
    """A sentence's fingerprint, so that none is copied here."""
    return hashlib.sha256((text or "").encode()).hexdigest()[:8]


@pytest.fixture
async def views(store: Store, pages: Path, now: datetime) -> list[ComparisonView]:
    report = await import_files(store, pages, as_of=now)
    assert report.stored
    assert not report.problems
    async with store.read() as session:
        return await comparisons(session)


@pytest.fixture
def tools(views: list[ComparisonView]) -> dict[str, ToolView]:
    return {tool.name: tool for view in views for tool in (view.left, view.right)}


def test_five_comparisons_of_six_tools_share_their_left_one(
    views: list[ComparisonView], tools: dict[str, ToolView]
) -> None:
    assert len(views) == 5
    assert {view.left.name for view in views} == {SHARED}
    assert {view.right.name for view in views} == set(PANELS) - {SHARED}
    assert set(tools) == set(PANELS)


def test_slugs_are_made_from_the_names(views: list[ComparisonView]) -> None:
    slug = "claude-4-api-tool-use-streaming-prompt-caching"
    assert {view.slug for view in views} >= {f"{slug}-vs-smolagents-2-0", f"{slug}-vs-codestral-2"}


@pytest.mark.parametrize("name", PANELS)
def test_panel_percent_counts_and_verdict(tools: dict[str, ToolView], name: str) -> None:
    tool = tools[name]
    assert (tool.panel_ship_percent, tool.ship, tool.skip, tool.verdict) == PANELS[name]


@pytest.mark.parametrize("name", PANELS)
def test_category_entry_tagline_and_description(tools: dict[str, ToolView], name: str) -> None:
    tool = tools[name]
    assert tool.category == "Developer Tools"
    assert tool.entry == ENTRIES[name]
    assert mark(tool.tagline) == TAGLINES[name]
    assert (len(tool.description or ""), mark(tool.description)) == DESCRIPTIONS[name]


@pytest.mark.parametrize("name", PANELS)
def test_no_community_votes_are_none_and_not_zero(tools: dict[str, ToolView], name: str) -> None:
    assert tools[name].community is None


def test_pricing_and_best_for_come_from_the_decision_table(tools: dict[str, ToolView]) -> None:
    assert tools[SMOL].pricing == "Free / Open Source"
    assert (len(tools[SHARED].pricing or ""), mark(tools[SHARED].pricing)) == (135, "92493d65")
    for name in (SHARED, SMOL):
        assert tools[name].best_for == tools[name].tagline
    for name in set(PANELS) - {SHARED, SMOL}:
        assert tools[name].pricing is None
        assert tools[name].best_for is None


@pytest.mark.parametrize("name", PANELS)
def test_quotes_are_whole_in_order_and_with_the_right_tool(
    tools: dict[str, ToolView], name: str
) -> None:
    found = [(len(review.quote or ""), mark(review.quote)) for review in tools[name].reviews]
    assert found == QUOTES[name]


@pytest.mark.parametrize("name", PANELS)
def test_persona_score_and_verdict_where_a_page_gives_them(
    tools: dict[str, ToolView], name: str
) -> None:
    found = [(r.persona, r.score, r.verdict) for r in tools[name].reviews]
    assert found == JUDGED.get(name, [(None, None, None)] * 4)
    assert {review.inferred for review in tools[name].reviews} == {name not in JUDGED}


def test_text_around_the_content_is_in_no_fact(tools: dict[str, ToolView]) -> None:
    text_of_facts = " ".join(
        text or ""
        for tool in tools.values()
        for text in (*(getattr(tool, fact) for fact in FACTS), *(r.quote for r in tool.reviews))
    )
    for chrome in ("Weekly AI Tool Verdicts", "Loading bookmarks", "Which one should you ship"):
        assert chrome not in text_of_facts


async def test_importing_again_changes_nothing(
    store: Store, pages: Path, views: list[ComparisonView], now: datetime
) -> None:
    again = await import_files(store, pages, as_of=now.replace(day=21))
    assert (again.tools_added, again.comparisons_added, again.changes) == ((), (), ())
    assert set(again.unchanged) == {view.slug for view in views}
    async with store.read() as session:
        assert await comparisons(session) == views
        histories = await verdict_histories(session, {view.right.slug for view in views})
    assert {len(history) for history in histories.values()} == {1}


async def contents(store: Store) -> list[dict[str, object]]:
    async with store.read() as session:
        found = await comparisons(session)
    return [view.model_dump() for view in sorted(found, key=lambda view: view.slug)]


async def import_in_order(order: list[Path], *, together: bool) -> list[dict[str, object]]:
    """The store's content after importing files, in one import or in one each."""
    now = datetime(2026, 11, 20, tzinfo=UTC)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite+aiosqlite:///{folder}/digest.db")
        async with store.engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        for paths in [order] if together else [[path] for path in order]:
            report = await import_files(store, *paths, as_of=now)
            assert report.stored
        found = await contents(store)
        await store.close()
    return found


@cache
def expected_contents() -> list[dict[str, object]]:
    return asyncio.run(import_in_order(sorted(PAGES.glob("*.txt")), together=True))


@settings(max_examples=8, deadline=None)
@given(data=st.data(), together=st.booleans())
def test_the_order_of_the_pages_does_not_matter(data: st.DataObject, together: bool) -> None:
    files = sorted(PAGES.glob("*.txt"))
    if not files:
        pytest.skip("the real comparison pages are not beside the checkout")
    order = data.draw(st.permutations(files))
    found = asyncio.run(import_in_order(list(order), together=together))
    assert found == expected_contents()
