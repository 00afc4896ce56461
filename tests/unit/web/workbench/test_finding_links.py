"""Findings link to the view that shows them, on the desk as in exported files."""

from digest.services.preflight.check import checked_issue
from digest.services.workbench.finding_places import PlacedFinding, WorkbenchPlace
from digest.services.workbench.snapshot import ISSUE, PreviewTarget
from digest.web.workbench.finding_links import choice_of, highlighted_choices, link_findings
from digest.web.workbench.view import ViewChoice
from digest.web.workbench.workbench_page import DeskLinks
from previews.preflight.checks import Preflight
from previews.preflight.finding import FindingPlace, warning

RULE = warning("TST-001", "A mistake", "Why.", "The fix.")
HERE = ViewChoice(view="preflight", variant="all")
HEADING = "html>body>h1:nth-child(1)"


def placed(place: WorkbenchPlace | None) -> PlacedFinding:
    checked = checked_issue(1, None, Preflight((RULE.found("so", FindingPlace("html")),)), {})
    return PlacedFinding(checked=checked.findings[0], place=place)


def test_an_element_is_shown_as_wide_as_preflight_assumes() -> None:
    choice = choice_of(WorkbenchPlace(variant="web", view="dark", locator=HEADING), HERE)
    assert choice == ViewChoice(view="dark", width="640", variant="web", spot=HEADING)


def test_a_line_keeps_the_chosen_width_and_ends_a_comparison() -> None:
    here = HERE.but(width="320", against="issue-2")
    choice = choice_of(WorkbenchPlace(variant="all", view="text", fragment="line-3"), here)
    assert choice == ViewChoice(view="text", width="320", variant="all")


def test_a_finding_without_a_place_has_no_address() -> None:
    links = DeskLinks(PreviewTarget(ISSUE, "1"))
    line = WorkbenchPlace(variant="all", view="text", fragment="line-3")
    element = WorkbenchPlace(variant="all", view="light", locator=HEADING)
    found = link_findings([placed(None), placed(line), placed(element)], HERE, links)
    assert [item.address and item.address.partition("?")[0] for item in found] == [
        None,
        "/issues/1",
        "/issues/1",
    ]
    assert [item.address and item.address.partition("#")[2] for item in found] == [
        None,
        "line-3",
        "workbench-view",
    ]


def test_each_highlight_of_a_variant_is_one_choice() -> None:
    element = WorkbenchPlace(variant="all", view="light", locator=HEADING)
    elsewhere = WorkbenchPlace(variant="web", view="light", locator=HEADING)
    line = WorkbenchPlace(variant="all", view="text", fragment="line-3")
    found = [placed(place) for place in (element, element, elsewhere, line, None)]
    assert highlighted_choices(found, "all") == [
        ViewChoice(view="light", width="640", variant="all", spot=HEADING)
    ]
