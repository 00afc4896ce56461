"""When the takes of a page without personas are attributed to its tools."""

from digest.catalogue.importing.alternation import attribute_takes
from digest.catalogue.pages.page import ComparisonPage
from digest.catalogue.panel import Panel
from tests.unit.catalogue.building import card_a, page_a, page_b, read, take_b


def unnamed(
    left: str, right: str, quotes: list[str], percents: tuple[str, str] = ("50%", "50%")
) -> ComparisonPage:
    cards = [card_a(name, percent) for name, percent in zip((left, right), percents, strict=True)]
    return read(page_a(*cards, quotes))


def quotes_of(page: ComparisonPage) -> tuple[list[str | None], list[str | None]]:
    return [t.quote for t in page.left.takes], [t.quote for t in page.right.takes]


def test_takes_alternate_left_right_and_are_marked_inferred() -> None:
    [page], warnings = attribute_takes([unnamed("Ash", "Birch", ["a", "b", "c", "d"])], {})
    assert quotes_of(page) == (["a", "c"], ["b", "d"])
    assert all(take.inferred for tool in page.tools for take in tool.takes)
    assert not warnings


def test_counts_follow_from_the_number_of_takes() -> None:
    [page], _ = attribute_takes([unnamed("Ash", "Birch", ["a", "b", "c", "d"], ("50%", "75%"))], {})
    assert page.left.panel == Panel(50, 1, 1)
    assert page.right.panel == Panel(75)


def test_an_odd_number_of_takes_is_left_out_with_a_warning() -> None:
    [page], [warning] = attribute_takes([unnamed("Ash", "Birch", ["a", "b", "c"])], {})
    assert quotes_of(page) == ([], [])
    assert page.left.panel == Panel(50)
    assert "odd" in warning.message
    assert warning.severity == "warning"
    assert warning.line == 25


def test_a_quote_known_for_the_other_tool_leaves_all_takes_out() -> None:
    [page], [warning] = attribute_takes([unnamed("Ash", "Birch", ["a", "b"])], {"Ash": {"b"}})
    assert quotes_of(page) == ([], [])
    assert "known for Ash" in warning.message


def test_a_quote_known_for_its_own_tool_is_no_objection() -> None:
    [page], warnings = attribute_takes([unnamed("Ash", "Birch", ["a  x", "b"])], {"Ash": {"a x"}})
    assert quotes_of(page) == (["a  x"], ["b"])
    assert not warnings


def test_a_quote_known_for_both_tools_is_no_objection() -> None:
    known = {"Ash": {"a", "b"}, "Birch": {"b"}}
    [page], _ = attribute_takes([unnamed("Ash", "Birch", ["a", "b"])], known)
    assert quotes_of(page) == (["a"], ["b"])


def test_quotes_on_other_pages_count_in_any_order() -> None:
    rows = f"Builder\n{take_b(80, 'ship', 'b')}No panel take"
    named, other = read(page_b(rows=rows)), unnamed("Ash", "Birch", ["a", "b"])
    for pages in ([named, other], [other, named]):
        attributed, [warning] = attribute_takes(pages, {})
        assert quotes_of(attributed[pages.index(other)]) == ([], [])
        assert "known for Ash" in warning.message


def test_two_inferences_that_contradict_each_other_are_both_left_out() -> None:
    pages = [unnamed("Ash", "Birch", ["a", "b"]), unnamed("Ash", "Birch", ["b", "a"])]
    attributed, warnings = attribute_takes(pages, {})
    assert [quotes_of(page) for page in attributed] == [([], []), ([], [])]
    assert len(warnings) == 2


def test_takes_are_left_out_if_a_tool_has_no_panel() -> None:
    [page], [warning] = attribute_takes([unnamed("Ash", "Birch", ["a", "b"], ("50%", "—"))], {})
    assert quotes_of(page) == ([], [])
    assert "Birch shows no panel" in warning.message
