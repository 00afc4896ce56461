"""Links from the findings of preflight to the view of the workbench that shows each."""

from collections.abc import Iterable
from dataclasses import dataclass

from digest.services.preflight.check import Override
from digest.services.workbench.finding_places import PlacedFinding, WorkbenchPlace
from digest.web.workbench.view import ViewChoice, WorkbenchLinks
from previews.markup.computed_style import WIDTH
from previews.preflight.finding import Finding

VIEW_PANEL = "workbench-view"  # the id of the panel that holds the frames


@dataclass(frozen=True)
class LinkedFinding:
    """A finding as a page prints it, with the address at which it can be seen, if any."""

    finding: Finding
    address: str | None
    overridden: Override | None


def link_findings(
    placed: Iterable[PlacedFinding], choice: ViewChoice, links: WorkbenchLinks
) -> list[LinkedFinding]:
    """Every finding, linked from the page of `choice`."""
    return [
        LinkedFinding(
            item.checked.finding, _address(item.place, choice, links), item.checked.overridden
        )
        for item in placed
    ]


def highlighted_choices(placed: Iterable[PlacedFinding], variant: str) -> list[ViewChoice]:
    """The choices of a variant in which an element is highlighted, each once."""
    base = ViewChoice(variant=variant)
    found = dict.fromkeys(
        choice_of(found.place, base) for found in placed if found.place and found.place.locator
    )
    return [choice for choice in found if choice.variant == variant]


def choice_of(place: WorkbenchPlace, choice: ViewChoice) -> ViewChoice:
    """The view that shows a place; a client view is as wide as preflight assumes the page is."""
    width = str(WIDTH) if place.locator else choice.width
    return choice.but(
        variant=place.variant, view=place.view, width=width, against="", spot=place.locator
    )


def _address(place: WorkbenchPlace | None, choice: ViewChoice, links: WorkbenchLinks) -> str | None:
    if place is None:
        return None
    return f"{links.page(choice_of(place, choice))}#{place.fragment or VIEW_PANEL}"
