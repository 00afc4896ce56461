"""The comparisons that the project ships."""

import json
import re
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from digest.catalogue.pages.json_model import json_schema
from digest.catalogue.queries import comparisons, verdicts_at
from digest.store import Store
from tests.unit.catalogue.building import import_files

CONTENT = Path(str(files("digest.demo"))) / "content"
WEEKS = [CONTENT / "week-1.json", CONTENT / "week-2.json"]
SCHEMA = Path(__file__).parents[3] / "docs" / "comparison.schema.json"


def documents() -> list[dict[str, Any]]:
    return [item for week in WEEKS for item in json.loads(week.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("week", WEEKS, ids=lambda path: path.stem)
def test_it_is_valid_by_the_documented_schema(week: Path) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(json.loads(week.read_text(encoding="utf-8")))


def test_the_documented_schema_is_that_of_the_code() -> None:
    """Renew it with `digest comparisons schema > docs/comparison.schema.json`."""
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == json_schema()


async def test_two_weeks_import_without_a_warning_and_one_tool_flips(
    store: Store, now: datetime
) -> None:
    for week, as_of in zip(WEEKS, (now - timedelta(days=7), now), strict=True):
        report = await import_files(store, week, as_of=as_of)
        assert report.stored
        assert report.problems == ()
    async with store.read() as session:
        views = await comparisons(session)
        before = await verdicts_at(session, now - timedelta(days=7))
        after = await verdicts_at(session, now)
    flipped = {slug for slug in before if before[slug].verdict != after[slug].verdict}
    assert flipped == {"overheard"}
    assert len(views) >= 6
    tools = {tool.slug: tool for view in views for tool in (view.left, view.right)}
    assert {str(tool.verdict) for tool in tools.values()} == {"ship", "split", "skip", "no_take"}
    assert all(tool.tagline and tool.description and tool.category for tool in tools.values())


def test_every_take_is_complete_and_long_enough_to_be_quoted() -> None:
    takes = [
        take
        for item in documents()
        for side in ("left", "right")
        for take in item[side].get("reviews", ())
    ]
    assert {take["persona"] for take in takes} == {
        "Builder",
        "Skeptic",
        "Futurist",
        "Founder",
        "PM",
        "Creator",
    }
    assert all(take["score"] is not None and take["verdict"] for take in takes)
    assert all(100 <= len(take["quote"]) <= 600 for take in takes)
    assert len({take["quote"] for take in takes}) == len(takes)


def test_its_scores_agree_with_its_verdicts() -> None:
    for item in documents():
        for side in ("left", "right"):
            for take in item[side].get("reviews", ()):
                assert (take["score"] >= 60) == (take["verdict"] == "ship"), take


def test_no_sentence_is_taken_from_the_real_pages(pages: Path) -> None:
    def runs(text: str) -> set[tuple[str, ...]]:
        words = re.findall(r"\w+", text.lower())
        return {tuple(words[at : at + 7]) for at in range(len(words) - 6)}

    real = set().union(*(runs(path.read_text(encoding="utf-8")) for path in pages.glob("*.txt")))
    ours = set().union(*(runs(week.read_text(encoding="utf-8")) for week in WEEKS))
    assert not real & ours
