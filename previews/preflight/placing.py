"""Where in the templates a finding comes from: the one line that has its words."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from previews.preflight.finding import Finding

SHORTEST = 4


def placed(found: Iterable[Finding], sources: Mapping[str, str]) -> Iterator[Finding]:
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
