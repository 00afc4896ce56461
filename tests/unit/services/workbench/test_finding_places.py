"""A finding leads to the view, the variant and the place that show it, or nowhere."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

import pytest

from digest.app import App
from digest.rendering.message.compiled import CompiledMessage
from digest.rendering.templates.template_set import ROOT
from digest.services.issues.compose import compose_issue
from digest.services.workbench.compilation import compile_target
from digest.services.workbench.finding_places import WorkbenchPlace, place_of
from digest.services.workbench.snapshot import ISSUE, PreviewTarget
from previews.preflight.finding import Finding, FindingPlace, in_header, in_issue, in_text, warning
from tests.readers import EDITOR

RULE = warning("TST-001", "A mistake", "Why.", "The fix.")
HEADING = "html>body>h1:nth-child(1)"
Variants = Mapping[str, CompiledMessage]


@pytest.fixture
def database() -> str:
    return "sqlite"


@pytest.fixture
async def variants(app: App, add_news: Callable[..., Awaitable[None]]) -> Variants:
    await add_news(("Alpha", "Beta"))
    await compose_issue(app, EDITOR, "weekly")
    return (await compile_target(app, PreviewTarget(ISSUE, "1"), ROOT, "")).variants


def found(place: FindingPlace, *variants: str) -> Finding:
    return replace(RULE.found("so", place), variants=variants or ("all",))


def test_an_element_is_highlighted_in_the_light_view(variants: Variants) -> None:
    place = place_of(found(FindingPlace("html", HEADING)), "all", variants)
    assert place == WorkbenchPlace(variant="all", view="light", locator=HEADING)


def test_the_client_view_that_the_finding_names_is_shown(variants: Variants) -> None:
    finding = found(FindingPlace("html", HEADING, view="half-inverted"))
    place = place_of(finding, "all", variants)
    assert place
    assert place.view == "half-inverted"


@pytest.mark.parametrize(
    ("having", "shown"), [(("all", "web"), "all"), (("web",), "web"), ((), "all")]
)
def test_the_variant_is_one_that_has_the_mistake(
    variants: Variants, having: tuple[str, ...], shown: str
) -> None:
    finding = replace(RULE.found("so", FindingPlace("html", HEADING)), variants=having)
    place = place_of(finding, "all", variants)
    assert place
    assert place.variant == shown


def test_a_header_is_shown_among_the_headers_if_the_message_has_it(variants: Variants) -> None:
    place = place_of(found(in_header("Subject")), "all", variants)
    assert place
    assert (place.view, place.fragment) == ("headers", "field-subject")
    assert place_of(found(in_header("DKIM-Signature")), "all", variants) is None


def test_words_of_the_text_are_shown_in_their_line(variants: Variants) -> None:
    text = variants["all"].text_segments[0]
    place = place_of(found(in_text("At a glance")), "all", variants)
    assert place
    line = text.split("\n").index("At a glance") + 1
    assert (place.view, place.fragment) == ("text", f"line-{line}")
    assert place_of(found(in_text("words that occur nowhere")), "all", variants) is None


@pytest.mark.parametrize("spot", ["html", "head", "html>head>title:nth-child(1)", "style"])
def test_an_element_that_no_client_draws_is_shown_in_the_source(
    variants: Variants, spot: str
) -> None:
    place = place_of(found(FindingPlace("html", spot)), "all", variants)
    assert place
    assert (place.view, place.locator) == ("source", "")
    assert place.fragment.startswith("line-")


@pytest.mark.parametrize(
    "place",
    [
        FindingPlace("html"),
        FindingPlace("message"),
        FindingPlace("network", "DNS"),
        in_issue("hour"),
    ],
)
def test_a_finding_about_nothing_visible_leads_nowhere(
    variants: Variants, place: FindingPlace
) -> None:
    assert place_of(found(place), "all", variants) is None
