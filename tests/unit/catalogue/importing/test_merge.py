"""Pages brought together do not depend on their order."""

from itertools import permutations

from digest.catalogue.importing.merge import merge
from tests.unit.catalogue.building import card_a, page_a, page_b, read, take_b

PAGES = [
    page_a(card_a("Birch", "50%"), card_a("Ash"), ["b", "a"]),
    page_a(card_a("Ash"), card_a("Birch", "50%"), ["a", "b"]),
    page_b(rows=f"Builder\n{take_b(80, 'ship', 'a')}\n{take_b(20, 'skip', 'b')}"),
    page_a(card_a("Ash"), card_a("Cedar"), ["a", "c", "a2", "c2"]),
]


def test_any_order_of_pages_gives_the_same_tools_and_sides() -> None:
    results = []
    for order in permutations(PAGES):
        merged = merge([read(page) for page in order], {})
        assert not merged.problems
        results.append(
            (
                [(pair.left, pair.right) for pair in merged.pairs.values()],
                [
                    (tool.name, tool.panel, [(d.take.persona, d.take.quote) for d in tool.takes])
                    for tool in merged.tools.values()
                ],
            )
        )
    assert all(result == results[0] for result in results)
    assert ("Ash", "Birch") in results[0][0]


def test_stated_counts_win_over_derived_ones() -> None:
    follows = read(page_a(card_a("Ash"), card_a("Birch", "50%"), ["a", "b"]))
    states = read(page_b())
    panels = {name: tool.panel for name, tool in merge([follows, states], {}).tools.items()}
    assert panels["Ash"].takes == 4
    assert panels["Birch"].takes == 4
