"""Where on the workbench a finding of preflight is to be seen."""

from dataclasses import dataclass

from digest.services.preflight.check import CheckedIssue
from digest.services.workbench.samples import READER
from digest.services.workbench.snapshots import Made, Shown, Sight
from digest.web.workbench.view import Choice, Places
from previews.preflight.cascade import WIDTH
from previews.preflight.finding import Finding, Place
from previews.views.anatomy import fields
from previews.views.spots import line_of

IN_BODY = "html>body"


@dataclass(frozen=True)
class Spot:
    """The page that shows it, and where on that page to go."""

    choice: Choice
    fragment: str


def spot_of(finding: Finding, choice: Choice, made: Made) -> Spot | None:
    """In the variant that is looked at if it has the mistake; None for what is nowhere to be seen.

    A page is shown as wide as preflight takes it to be.
    """
    keys = [key for key in finding.variants if key in made.variants] or [choice.variant]
    variant = choice.variant if choice.variant in keys else keys[0]
    at, place = choice.but(variant=variant, against="", spot=""), finding.place
    if place.part == "html" and place.spot.startswith(IN_BODY):
        shown = at.but(view=place.look or "light", width=str(WIDTH), spot=place.spot)
        return Spot(shown, "bench-view")
    compiled = made.variants[variant]
    if place.part == "header":
        names = {field.name.lower() for field in fields(compiled.fill(READER))}
        name = place.spot.lower()
        return Spot(at.but(view="headers"), f"field-{name}") if name in names else None
    if place.part == "text":
        return _line(at.but(view="text"), compiled.text(READER), (place.spot, place.excerpt))
    if place.part == "html":
        return _line(at.but(view="source"), compiled.html(READER), _in_source(place))
    return None


@dataclass(frozen=True)
class Told:
    """A finding as a page prints it, and the address at which it can be seen, if anywhere."""

    finding: Finding
    address: str | None


def told(checked: CheckedIssue, sight: Sight, choice: Choice, places: Places) -> list[Told]:
    """Every finding. What was found on other bytes than are shown leads nowhere."""
    shown = sight.shown
    if shown is None or not _same(checked, shown):
        return [Told(finding, None) for finding in checked.preflight.findings]
    at = choice.but(variant=shown.variant)
    spots = ((found, spot_of(found, at, shown.made)) for found in checked.preflight.findings)
    return [
        Told(found, f"{places.page(spot.choice)}#{spot.fragment}" if spot else None)
        for found, spot in spots
    ]


def marks(checked: CheckedIssue, shown: Shown) -> list[Choice]:
    """The pages with a spot to mark in the variant that is shown, each once; none where what was
    found was found on other bytes."""
    if not _same(checked, shown):
        return []
    usual = Choice(variant=shown.variant)
    spots = (spot_of(finding, usual, shown.made) for finding in checked.preflight.findings)
    pages = dict.fromkeys(spot.choice for spot in spots if spot and spot.choice.spot)
    return [page for page in pages if page.variant == shown.variant]


def _same(checked: CheckedIssue, shown: Shown) -> bool:
    return shown.made.hash == checked.hash


def _in_source(place: Place) -> tuple[str, ...]:
    tag = place.spot.rpartition(">")[2].partition(":")[0]
    return (place.excerpt, f"<{tag}" if tag else "")


def _line(choice: Choice, text: str, wanted: tuple[str, ...]) -> Spot | None:
    found = (line_of(text, words) for words in wanted if words)
    number = next((number for number in found if number), None)
    return Spot(choice, f"line-{number}") if number else None
