"""The JSON format: what it says, what it may leave out, and every fault by line."""

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.catalogue.pages.json_lines import line_numbers
from digest.catalogue.pages.json_model import json_schema
from digest.catalogue.pages.json_page import JsonReading, read_json_pages
from digest.catalogue.pages.page import PageError
from digest.catalogue.panel import Panel
from tests.unit.catalogue.building import comparison

ASH: dict[str, Any] = {
    "name": "Ash",
    "url": "https://ash.example/",
    "panel_ship_percent": 50,
    "reviews": [
        {"persona": "Builder", "score": 80, "verdict": "ship", "quote": "Good"},
        {"persona": None, "quote": "Hm"},
    ],
}


def read(document: Any) -> JsonReading:
    return read_json_pages("file.json", json.dumps(document, indent=2))


def messages(document: Any) -> list[str]:
    return [str(problem) for problem in read(document).problems]


def test_one_comparison_is_a_page() -> None:
    [page] = read(comparison(ASH, "Birch")).pages
    assert page.title == "Ash vs Birch"
    assert page.left.facts["url"].value == "https://ash.example/"
    assert [take.persona for take in page.left.takes] == ["Builder", None]


def test_a_list_is_as_many_pages() -> None:
    reading = read([comparison("Ash", "Birch"), comparison("Ash", "Cedar")])
    assert reading.read == ["Ash vs Birch", "Ash vs Cedar"]


def test_counts_that_are_left_out_follow_from_percent_and_takes() -> None:
    [page] = read(comparison(ASH, "Birch")).pages
    assert page.left.panel == Panel(50, 1, 1)
    assert not page.left.counts_stated


def test_counts_that_are_null_are_unknown() -> None:
    [page] = read(comparison({**ASH, "ship": None, "skip": None}, "Birch")).pages
    assert page.left.panel == Panel(50)


def test_counts_that_are_given_win() -> None:
    reading = read(comparison({**ASH, "ship": 3, "skip": 1, "verdict": "skip"}, "Birch"))
    assert reading.pages[0].left.panel == Panel(75, 3, 1)
    assert len(reading.problems) == 2
    assert {problem.severity for problem in reading.problems} == {"warning"}


@pytest.mark.parametrize("nothing", [None, "", " ", "—", "No community votes yet"])
def test_null_and_empty_facts_are_none(nothing: str | None) -> None:
    [page] = read(comparison({"name": "Ash", "community": nothing}, "Birch")).pages
    assert not page.left.facts


def test_the_default_short_name_does_not_count_as_an_edit() -> None:
    [page] = read(comparison({"name": "Ash: Long", "short_name": "Ash"}, "Birch")).pages
    assert "short_name" not in page.left.facts


@pytest.mark.parametrize(
    ("tool", "fault"),
    [
        ({"name": "Ash", "score": 1}, ":4: left.score: Extra inputs"),
        ({"name": "Ash", "ship": 1}, ":2: left: ship and skip go together"),
        ({"name": "Ash", "ship": "1", "skip": 2}, ":4: left.ship: Input should be a valid integer"),
        ({"name": "Ash", "panel_ship_percent": 101}, ":4: left.panel_ship_percent: Input should"),
        ({"name": "Ash", "url": "javascript:alert(1)"}, ":4: left.url: a URL must start with"),
        ({"name": "Ash", "tagline": "a\u0000b"}, ":4: left.tagline: the tagline holds a control"),
        ({"name": "Ash", "entry": "x" * 99}, ":4: left.entry: String should have at most 80"),
        ({"name": "Ash", "tagline": "a\nb"}, ":4: left.tagline: the tagline must be one line"),
        ({"name": "—"}, ":3: left.name: a tool needs a name"),
        ({"name": "Birch"}, ":1: a tool cannot be compared with itself"),
        ({"name": "Ash", "slug": "A B"}, ":4: left.slug: String should match pattern"),
        (
            {"name": "Ash", "reviews": [{"score": 1}]},
            ":5: left.reviews.0: a review needs a persona",
        ),
    ],
)
def test_an_error_names_file_line_and_path(tool: dict[str, Any], fault: str) -> None:
    [message] = messages(comparison(tool, "Birch"))
    assert message.startswith(f"file.json{fault}")


def test_an_error_in_one_comparison_does_not_keep_the_others_from_being_read() -> None:
    reading = read([comparison("Ash", "Birch"), {"left": {"name": "Ash"}}])
    assert reading.read == ["Ash vs Birch"]
    assert reading.unread == ["comparison 2"]
    assert "right: Field required" in reading.problems[0].message


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ('{\n"left": }', "not valid JSON: Expecting value", 2),
        ('{"left": 1,\n "left": 2}', "the key 'left' comes twice in one object", 2),
        ("[" * 100_000, "the JSON is nested too deeply", None),
        ("[NaN]", "not valid JSON: NaN is not a number", None),
        ("[]", "there are no comparisons in it", 1),
        ('"text"', "expected a comparison, or a list of comparisons", 1),
        ("[" + "9" * 5000 + "]", "not valid JSON: Exceeds the limit", None),
    ],
)
def test_documents_in_another_format_are_refused(text: str, message: str, line: int | None) -> None:
    with pytest.raises(PageError, match=message.replace("(", r"\(")) as caught:
        read_json_pages("file.json", text)
    assert caught.value.line == line


def test_a_lone_surrogate_is_refused() -> None:
    text = json.dumps(comparison({"name": "Ash", "tagline": "x"}, "Birch")).replace(
        '"x"', '"\\ud800"'
    )
    assert read_json_pages("file.json", text).pages == []


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES, st.sampled_from([None, 2]))
def test_every_value_has_a_line(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    lines = line_numbers(text)

    def check(path: tuple[str | int, ...], part: Any) -> None:
        assert 1 <= lines[path] <= text.count("\n") + 1
        if isinstance(part, dict):
            for key, inner in part.items():
                check((*path, key), inner)
        if isinstance(part, list):
            for index, inner in enumerate(part):
                check((*path, index), inner)

    check((), value)


@given(VALUES)
def test_no_json_crashes_the_reader(value: Any) -> None:
    with suppress(PageError):
        assert not read_json_pages("file.json", json.dumps(value)).pages


def test_the_schema_is_that_of_draft_2020_12() -> None:
    assert json_schema()["$schema"].endswith("2020-12/schema")


def test_the_documented_example_is_read_without_problems() -> None:
    guide = Path(__file__).parents[4] / "docs" / "comparisons.md"
    [example] = re.findall(r"```json\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)
    reading = read_json_pages("example.json", example)
    assert reading.problems == []
    assert reading.pages[0].left.panel == Panel(75, 3, 1)
