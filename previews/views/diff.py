"""Two texts compared line by line."""

from dataclasses import dataclass
from difflib import SequenceMatcher

CONTEXT = 3
SAME, GONE, NEW, GAP = "same", "gone", "new", "gap"


@dataclass(frozen=True)
class DiffLine:
    """A line of a comparison; `kind` is `same`, `gone`, `new` or `gap`."""

    kind: str
    text: str


def diff_lines(first: str, second: str) -> list[DiffLine]:
    """The changed lines with three lines of context; empty if the texts are equal."""
    before, after = first.split("\n"), second.split("\n")
    lines: list[DiffLine] = []
    for group in SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(CONTEXT):
        lines.append(DiffLine(GAP, f"line {group[0][1] + 1}"))
        for tag, start, end, other_start, other_end in group:
            if tag == "equal":
                lines += [DiffLine(SAME, text) for text in before[start:end]]
                continue
            lines += [DiffLine(GONE, text) for text in before[start:end]]
            lines += [DiffLine(NEW, text) for text in after[other_start:other_end]]
    return lines
