"""Where on the workbench a finding of preflight can be seen."""

from collections.abc import Mapping

from digest.rendering.message.compiled import CompiledMessage
from digest.services.preflight.check import CheckedFinding
from digest.services.result import Result
from digest.services.workbench.samples import READER
from previews.preflight.finding import Finding, FindingPlace
from previews.views.anatomy import header_fields
from previews.views.highlights import line_of

IN_BODY = "html>body"


class WorkbenchPlace(Result):
    """A view of a variant, with the element to highlight or the fragment to scroll to.

    `view` is a client view, 'headers', 'text' or 'source'. `locator` is the CSS locator of an
    element (client views only), `fragment` the id of a line or field (the other views).
    """

    variant: str
    view: str
    locator: str = ""
    fragment: str = ""


class PlacedFinding(Result):
    """A finding of preflight, and where it can be seen; None if it shows nowhere."""

    checked: CheckedFinding
    place: WorkbenchPlace | None


def place_of(
    finding: Finding, variant: str, variants: Mapping[str, CompiledMessage]
) -> WorkbenchPlace | None:
    """In `variant` if it has the mistake, else in the first variant that has it."""
    keys = [key for key in finding.variants if key in variants] or [variant]
    key = variant if variant in keys else keys[0]
    compiled, place = variants[key], finding.place
    if place.part == "html" and place.spot.startswith(IN_BODY):
        return WorkbenchPlace(variant=key, view=place.view or "light", locator=place.spot)
    if place.part == "header":
        names = {field.name.lower() for field in header_fields(compiled.fill(READER))}
        name = place.spot.lower()
        if name not in names:
            return None
        return WorkbenchPlace(variant=key, view="headers", fragment=f"field-{name}")
    if place.part == "text":
        return _line(key, "text", compiled.text(READER), (place.spot, place.excerpt))
    if place.part == "html":
        return _line(key, "source", compiled.html(READER), _in_source(place))
    return None


def _in_source(place: FindingPlace) -> tuple[str, ...]:
    tag = place.spot.rpartition(">")[2].partition(":")[0]
    return (place.excerpt, f"<{tag}" if tag else "")


def _line(variant: str, view: str, text: str, wanted: tuple[str, ...]) -> WorkbenchPlace | None:
    """The line in which the first of the `wanted` words that are there begin."""
    found = (line_of(text, words) for words in wanted if words)
    number = next((number for number in found if number), None)
    if not number:
        return None
    return WorkbenchPlace(variant=variant, view=view, fragment=f"line-{number}")
