"""Locating a finding: the element with its words, and the template line it comes from."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from previews.markup.html_page import HtmlPage
from previews.preflight.finding import Finding

SHORTEST = 4  # shorter needles are found anywhere


def locate_in_page(found: Iterable[Finding], page: HtmlPage | None) -> Iterator[Finding]:
    """Add the element to findings that only give words of the page."""
    for finding in found:
        place = finding.place
        wordy = place.part == "html" and place.excerpt and not place.spot
        if wordy and page is not None and (element := page.find_words(place.excerpt)):
            finding = replace(finding, place=replace(place, spot=element.locator))
        yield finding


def locate_in_templates(found: Iterable[Finding], sources: Mapping[str, str]) -> Iterator[Finding]:
    """Add file and line to findings whose needle is in exactly one line of the templates."""
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
