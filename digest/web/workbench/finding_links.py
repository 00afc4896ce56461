"""Where on the workbench a finding of preflight is to be seen."""

from dataclasses import dataclass

from digest.services.preflight.check import CheckedIssue, Override
from digest.services.workbench.samples import READER
from digest.services.workbench.snapshot import Compilation, RenderedVariant, Snapshot
from digest.web.workbench.view import ViewChoice, WorkbenchLinks
from previews.markup.computed_style import WIDTH
from previews.preflight.finding import Finding, FindingPlace
from previews.views.anatomy import header_fields
from previews.views.highlights import line_of

IN_BODY = "html>body"


@dataclass(frozen=True)
class Location:
    """The page that shows it, and where on that page to go."""

    choice: ViewChoice
    fragment: str


def place_finding(finding: Finding, choice: ViewChoice, made: Compilation) -> Location | None:
    """In the variant that is looked at if it has the mistake; None for what is nowhere to be seen.

    A page is shown as wide as preflight takes it to be.
    """
    keys = [key for key in finding.variants if key in made.variants] or [choice.variant]
    variant = choice.variant if choice.variant in keys else keys[0]
    at, place = choice.but(variant=variant, against="", spot=""), finding.place
    if place.part == "html" and place.spot.startswith(IN_BODY):
        shown = at.but(view=place.view or "light", width=str(WIDTH), spot=place.spot)
        return Location(shown, "bench-view")
    compiled = made.variants[variant]
    if place.part == "header":
        names = {field.name.lower() for field in header_fields(compiled.fill(READER))}
        name = place.spot.lower()
        return Location(at.but(view="headers"), f"field-{name}") if name in names else None
    if place.part == "text":
        return _line(at.but(view="text"), compiled.text(READER), (place.spot, place.excerpt))
    if place.part == "html":
        return _line(at.but(view="source"), compiled.html(READER), _in_source(place))
    return None


@dataclass(frozen=True)
class PlacedFinding:
    """A finding as a page prints it, and the address at which it can be seen, if anywhere."""

    finding: Finding
    address: str | None
    overridden: Override | None


def place_findings(
    checked: CheckedIssue, sight: Snapshot, choice: ViewChoice, places: WorkbenchLinks
) -> list[PlacedFinding]:
    """Every finding. What was found on other bytes than are shown leads nowhere."""
    shown = sight.shown
    if shown is None or not _same(checked, shown):
        return [PlacedFinding(found.finding, None, found.overridden) for found in checked.findings]
    at = choice.but(variant=shown.variant)
    spots = ((found, place_finding(found.finding, at, shown.made)) for found in checked.findings)
    return [
        PlacedFinding(
            found.finding,
            f"{places.page(spot.choice)}#{spot.fragment}" if spot else None,
            found.overridden,
        )
        for found, spot in spots
    ]


def marks(checked: CheckedIssue, shown: RenderedVariant) -> list[ViewChoice]:
    """The pages with a spot to mark in the variant that is shown, each once; none where what was
    found was found on other bytes."""
    if not _same(checked, shown):
        return []
    usual = ViewChoice(variant=shown.variant)
    spots = (place_finding(found.finding, usual, shown.made) for found in checked.findings)
    pages = dict.fromkeys(spot.choice for spot in spots if spot and spot.choice.spot)
    return [page for page in pages if page.variant == shown.variant]


def _same(checked: CheckedIssue, shown: RenderedVariant) -> bool:
    return shown.made.hash == checked.hash


def _in_source(place: FindingPlace) -> tuple[str, ...]:
    tag = place.spot.rpartition(">")[2].partition(":")[0]
    return (place.excerpt, f"<{tag}" if tag else "")


def _line(choice: ViewChoice, text: str, wanted: tuple[str, ...]) -> Location | None:
    found = (line_of(text, words) for words in wanted if words)
    number = next((number for number in found if number), None)
    return Location(choice, f"line-{number}") if number else None
