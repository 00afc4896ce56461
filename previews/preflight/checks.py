"""All checks, and running them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from types import ModuleType

from previews.preflight import compile_errors
from previews.preflight.accessibility import contrast, legibility, semantics
from previews.preflight.clients import compatibility, html_pitfalls
from previews.preflight.clients.features import used
from previews.preflight.clients.support import scores
from previews.preflight.content import audience_and_time, figures, items, subject_line, wording
from previews.preflight.deliverability import authentication, spam_filters
from previews.preflight.facts import Facts
from previews.preflight.finding import Finding, Rule, merge_findings
from previews.preflight.links import addresses, online, reader_links
from previews.preflight.locating import locate_in_page, locate_in_templates
from previews.preflight.message import (
    header_fields,
    header_words,
    lines,
    list_headers,
    mime,
    parity,
    signature,
    size,
)
from previews.preflight.rendered_message import RenderedMessage

MessageCheck = Callable[[RenderedMessage, Facts], Iterable[Finding]]
IssueCheck = Callable[[Facts], Iterable[Finding]]

EMAIL_CHECKS: tuple[MessageCheck, ...] = (
    *lines.CHECKS,
    *header_fields.CHECKS,
    *header_words.CHECKS,
    *list_headers.CHECKS,
    *mime.CHECKS,
    *signature.CHECKS,
    *parity.CHECKS,
    *reader_links.CHECKS,
)
HTML_CHECKS: tuple[MessageCheck, ...] = (
    *size.CHECKS,
    *addresses.CHECKS,
    *compatibility.CHECKS,
    *html_pitfalls.CHECKS,
    *contrast.CHECKS,
    *semantics.CHECKS,
    *legibility.CHECKS,
    *subject_line.CHECKS,
    *wording.CHECKS,
    *figures.CHECKS,
)
ISSUE_CHECKS: tuple[IssueCheck, ...] = (
    *subject_line.ISSUE_CHECKS,
    *wording.ISSUE_CHECKS,
    *items.ISSUE_CHECKS,
    *figures.ISSUE_CHECKS,
    *audience_and_time.ISSUE_CHECKS,
)
_MODULES: tuple[ModuleType, ...] = (
    compile_errors,
    lines,
    header_fields,
    header_words,
    list_headers,
    mime,
    signature,
    parity,
    size,
    addresses,
    reader_links,
    online,
    compatibility,
    html_pitfalls,
    contrast,
    semantics,
    legibility,
    subject_line,
    wording,
    items,
    figures,
    audience_and_time,
    spam_filters,
    authentication,
)


@dataclass(frozen=True)
class Preflight:
    """All findings, errors first, and the support score of each mail program in percent."""

    findings: tuple[Finding, ...]
    clients: dict[str, int] = field(default_factory=dict)

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.is_error]


def rules() -> dict[str, Rule]:
    """Every rule by its code."""
    found: dict[str, Rule] = {}
    for module in _MODULES:
        for value in vars(module).values():
            if isinstance(value, Rule) and found.setdefault(value.code, value) is not value:
                raise ValueError(f"{value.code} is used twice")
    return found


def run(messages: Sequence[RenderedMessage], facts: Facts) -> Preflight:
    """Check every variant and the issue itself, without network or other programs."""
    found = [("", finding) for check in ISSUE_CHECKS for finding in check(facts)]
    for message in messages:
        in_page = locate_in_page(check_message(message, facts), message.page)
        found += [
            (message.variant, finding) for finding in locate_in_templates(in_page, facts.sources)
        ]
    pages = [message.page for message in messages if message.is_email and message.page is not None]
    features = {slug for page in pages for slug in used(page)}
    return Preflight(tuple(merge_findings(found)), scores(features))


def check_message(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Check one variant: an email with all checks, the archive page with those for HTML."""
    for check in (*EMAIL_CHECKS, *HTML_CHECKS) if message.is_email else HTML_CHECKS:
        yield from check(message, facts)
