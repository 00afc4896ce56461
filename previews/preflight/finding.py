"""The result of a check: a rule with a stable code, and where it was broken."""

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
    """A part of the message and a spot in it.

    `part` is header, text, html, message, issue, template or network; `spot` is a header's name,
    the CSS locator of an element, or words to search for. `file` and `line` are the template's,
    if known. `view` is the client view that shows it (a key of
    `previews.views.client_views.CLIENT_VIEWS`), '' for the light one.
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
        """The part and its excerpt, even if the template's line is known."""
        shown = f"“{self.excerpt}”" if self.excerpt else self.spot
        return f"{self.part}: {shown}" if shown else self.part


@dataclass(frozen=True)
class Finding:
    """One mistake. `variants` are the keys of the variants that have it.

    Overrides of errors are stored with `detail`: to reword the detail of an error voids them.
    """

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
    """A kind of mistake. `why` explains it, `fix` is the next step.

    A code never gets a second meaning. An error that is not `overridable` always blocks.
    """

    code: str
    severity: Severity
    title: str
    why: str
    fix: str
    overridable: bool = True

    def found(self, detail: str, place: FindingPlace, *, needle: str = "") -> Finding:
        """This mistake in a place; `needle` is the text to search for in the templates."""
        return Finding(self, detail, place, needle)


def error(code: str, title: str, why: str, fix: str, *, overridable: bool = True) -> Rule:
    """A rule that blocks when it is broken."""
    return Rule(code, Severity.ERROR, title, why, fix, overridable)


def warning(code: str, title: str, why: str, fix: str) -> Rule:
    """A rule that is reported when it is broken, and does not block."""
    return Rule(code, Severity.WARNING, title, why, fix)


def merge_findings(found: Iterable[tuple[str, Finding]]) -> list[Finding]:
    """Equal findings of several variants as one, with its variants; errors first, by code."""
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
    """The content of the issue, in whatever part it is printed."""
    return FindingPlace("issue", spot, excerpt[:80])


IN_MESSAGE = FindingPlace("message")
