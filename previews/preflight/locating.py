"""Where a finding is: the element that has its words, the one line of the templates it is from."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from previews.markup.html_page import HtmlPage
from previews.preflight.finding import Finding

SHORTEST = 4


def locate_in_page(found: Iterable[Finding], page: HtmlPage | None) -> Iterator[Finding]:
    """The findings, with the element where only words of the page were given."""
    for finding in found:
        place = finding.place
        wordy = place.part == "html" and place.excerpt and not place.spot
        if wordy and page is not None and (element := page.holding(place.excerpt)):
            finding = replace(finding, place=replace(place, spot=element.locator))
        yield finding


def locate_in_templates(found: Iterable[Finding], sources: Mapping[str, str]) -> Iterator[Finding]:
    """The findings, with file and line where exactly one template line has the needle."""
    for finding in found:
        hits = list(_hits(finding.needle.strip(), sources)) if not finding.place.file else []
        if len(hits) == 1:
            file, line = hits[0]
            finding = replace(finding, place=replace(finding.place, file=file, line=line))
        yield finding


def _hits(needle: str, sources: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    if len(needle) < SHORTEST:
        return
    for file, text in sources.items():
        for number, line in enumerate(text.split("\n"), 1):
            if needle in line:
                yield file, number
