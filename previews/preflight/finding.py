"""What a check says: a rule with a stable code, and where it was broken."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from previews.markup.html_page import Element

EXCERPT = 60


class Severity(StrEnum):
    """An error blocks scheduling and sending; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class FindingPlace:
    """Where it is: a part of the message and a spot in it.

    `part` is header, text, html, message, issue, template or network; `spot` a header's
    name, a CSS locator of the element to highlight, or words to look for. `file` and `line`
    name the template's line where it is known. `view` is the client view in which it
    shows (`previews.views.client_views`), where that is not the usual one.
    """

    part: str
    spot: str = ""
    excerpt: str = ""
    file: str | None = None
    line: int | None = None
    view: str = ""

    def __str__(self) -> str:
        if self.file:
            return f"{self.file}:{self.line}" if self.line else self.file
        return self.in_message

    @property
    def in_message(self) -> str:
        """The part and what it says there, also where the template's line is known."""
        shown = f"“{self.excerpt}”" if self.excerpt else self.spot
        return f"{self.part}: {shown}" if shown else self.part


@dataclass(frozen=True)
class Finding:
    """One mistake. `variants` are the keys of those that have it."""

    rule: "Rule"
    detail: str
    place: FindingPlace
    needle: str = field(default="", compare=False, repr=False)
    variants: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        return self.rule.code

    @property
    def severity(self) -> Severity:
        return self.rule.severity

    @property
    def is_error(self) -> bool:
        return self.rule.severity is Severity.ERROR


@dataclass(frozen=True)
class Rule:
    """A mistake that can be made. `why` explains it, `fix` is the next step.

    Codes are never given a second meaning. One that is not `overridable` blocks for good.
    """

    code: str
    severity: Severity
    title: str
    why: str
    fix: str
    overridable: bool = True

    def found(self, detail: str, place: FindingPlace, *, needle: str = "") -> Finding:
        """This mistake in this place; `needle` is what to look for in the templates."""
        return Finding(self, detail, place, needle)


def error(code: str, title: str, why: str, fix: str, *, overridable: bool = True) -> Rule:
    """A rule whose breach blocks."""
    return Rule(code, Severity.ERROR, title, why, fix, overridable)


def warning(code: str, title: str, why: str, fix: str) -> Rule:
    """A rule whose breach is said and does not block."""
    return Rule(code, Severity.WARNING, title, why, fix)


def merge_findings(found: Iterable[tuple[str, Finding]]) -> list[Finding]:
    """(variant, finding) pairs to findings, each once with its variants; errors first, by code."""
    variants: dict[Finding, list[str]] = {}
    for key, finding in found:
        keys = variants.setdefault(finding, [])
        if key and key not in keys:
            keys.append(key)
    together = [replace(finding, variants=tuple(keys)) for finding, keys in variants.items()]
    return sorted(together, key=lambda finding: (not finding.is_error, finding.code))


def in_header(name: str, excerpt: str = "") -> FindingPlace:
    """A header field."""
    return FindingPlace("header", name, excerpt[:80])


def in_html(element: Element) -> FindingPlace:
    """An element of the HTML part."""
    words = element.text or element.get("alt") or element.get("href") or f"<{element.tag}>"
    return FindingPlace("html", element.locator, words[:EXCERPT])


def in_text(excerpt: str = "") -> FindingPlace:
    """The plain text part."""
    return FindingPlace("text", excerpt=excerpt[:80])


def in_issue(spot: str, excerpt: str = "") -> FindingPlace:
    """What the issue says, wherever it is printed."""
    return FindingPlace("issue", spot, excerpt[:80])


IN_MESSAGE = FindingPlace("message")
