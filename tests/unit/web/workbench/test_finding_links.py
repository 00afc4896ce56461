"""A finding leads to the view, the variant and the place where it is to be seen, or nowhere."""

from dataclasses import replace
from datetime import timedelta

import pytest

from digest.app import App
from digest.services.issues.compose import compose_issue
from digest.services.workbench.snapshot import ISSUE, Compilation, PreviewTarget
from digest.services.workbench.workbench import Workbench
from digest.web.workbench.finding_links import place_finding
from digest.web.workbench.view import ViewChoice
from previews.preflight.finding import Finding, FindingPlace, in_header, in_issue, in_text, warning
from schedules.tables import Edition
from tests.catalogue import add_comparison
from tests.readers import EDITOR

RULE = warning("TST-001", "A mistake", "Why.", "The fix.")
HERE = ViewChoice(view="preflight", variant="all")
HEADING = "html>body>h1:nth-child(1)"


@pytest.fixture
async def made(app: App, weekly: Edition) -> Compilation:
    async with app.store.write() as session:
        await add_comparison(session, "Alpha", "Beta", app.clock() - timedelta(hours=1))
    await compose_issue(app, EDITOR, "weekly")
    sight = await Workbench(app).look(PreviewTarget(ISSUE, "1"))
    assert sight.shown
    return sight.shown.made


def found(place: FindingPlace, *variants: str) -> Finding:
    return replace(RULE.found("so", place), variants=variants or ("all",))


def test_an_element_is_marked_in_the_page_as_wide_as_preflight_takes_it(made: Compilation) -> None:
    spot = place_finding(found(FindingPlace("html", HEADING)), HERE, made)
    assert spot
    assert spot.choice == ViewChoice(view="light", width="640", variant="all", spot=HEADING)
    assert spot.fragment == "bench-view"


def test_a_look_that_the_finding_names_is_shown(made: Compilation) -> None:
    spot = place_finding(found(FindingPlace("html", HEADING, view="half-inverted")), HERE, made)
    assert spot
    assert spot.choice.view == "half-inverted"


@pytest.mark.parametrize(
    ("variants", "shown"), [(("all", "web"), "all"), (("web",), "web"), ((), "all")]
)
def test_the_variant_is_one_that_has_the_mistake(
    made: Compilation, variants: tuple[str, ...], shown: str
) -> None:
    finding = replace(RULE.found("so", FindingPlace("html", HEADING)), variants=variants)
    spot = place_finding(finding, HERE, made)
    assert spot
    assert spot.choice.variant == shown


def test_a_header_is_shown_among_the_headers_if_it_is_there(made: Compilation) -> None:
    spot = place_finding(found(in_header("Subject")), HERE, made)
    assert spot
    assert (spot.choice.view, spot.fragment) == ("headers", "field-subject")
    assert place_finding(found(in_header("DKIM-Signature")), HERE, made) is None


def test_words_of_the_text_are_shown_in_their_line(made: Compilation) -> None:
    text = made.variants["all"].text_segments[0]
    spot = place_finding(found(in_text("At a glance")), HERE, made)
    assert spot
    line = text.split("\n").index("At a glance") + 1
    assert (spot.choice.view, spot.fragment) == ("text", f"line-{line}")
    assert place_finding(found(in_text("words that stand nowhere")), HERE, made) is None


@pytest.mark.parametrize("spot", ["html", "head", "html>head>title:nth-child(1)", "style"])
def test_what_no_page_shows_is_shown_in_the_source(made: Compilation, spot: str) -> None:
    shown = place_finding(found(FindingPlace("html", spot)), HERE, made)
    assert shown
    assert (shown.choice.view, shown.choice.spot) == ("source", "")
    assert shown.fragment.startswith("line-")


@pytest.mark.parametrize(
    "place",
    [
        FindingPlace("html"),
        FindingPlace("message"),
        FindingPlace("network", "DNS"),
        in_issue("hour"),
    ],
)
def test_what_is_nowhere_to_be_seen_leads_nowhere(made: Compilation, place: FindingPlace) -> None:
    assert place_finding(found(place), HERE, made) is None
