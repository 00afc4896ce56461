"""All checks, and running them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from types import ModuleType

from previews.preflight import template
from previews.preflight.accessibility import contrast, reading, structure
from previews.preflight.clients import breaking, outlook
from previews.preflight.clients.features import used
from previews.preflight.clients.support import scores
from previews.preflight.content import inbox_line, items, numbers, sending, words
from previews.preflight.deliverability import domains, spam_filters
from previews.preflight.facts import Facts
from previews.preflight.finding import Finding, Rule, merged
from previews.preflight.letter import Letter
from previews.preflight.links import addresses, online, own
from previews.preflight.message import fields, lines, lists, parity, signature, size
from previews.preflight.message import structure as mime
from previews.preflight.placing import placed, spotted

LetterCheck = Callable[[Letter, Facts], Iterable[Finding]]
IssueCheck = Callable[[Facts], Iterable[Finding]]

OF_MAIL: tuple[LetterCheck, ...] = (
    *lines.CHECKS,
    *fields.CHECKS,
    *lists.CHECKS,
    *mime.CHECKS,
    *signature.CHECKS,
    *parity.CHECKS,
    *own.CHECKS,
)
OF_HTML: tuple[LetterCheck, ...] = (
    *size.CHECKS,
    *addresses.CHECKS,
    *breaking.CHECKS,
    *outlook.CHECKS,
    *contrast.CHECKS,
    *structure.CHECKS,
    *reading.CHECKS,
    *inbox_line.CHECKS,
    *words.CHECKS,
    *numbers.CHECKS,
)
OF_ISSUE: tuple[IssueCheck, ...] = (
    *inbox_line.ISSUE_CHECKS,
    *words.ISSUE_CHECKS,
    *items.ISSUE_CHECKS,
    *numbers.ISSUE_CHECKS,
    *sending.ISSUE_CHECKS,
)
_MODULES: tuple[ModuleType, ...] = (
    template,
    lines,
    fields,
    lists,
    mime,
    signature,
    parity,
    size,
    addresses,
    own,
    online,
    breaking,
    outlook,
    contrast,
    structure,
    reading,
    inbox_line,
    words,
    items,
    numbers,
    sending,
    spam_filters,
    domains,
)


@dataclass(frozen=True)
class Preflight:
    """What was found in all variants, errors first; how well each mail program does."""

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
                raise ValueError(f"{value.code} is given twice")
    return found


def run(letters: Sequence[Letter], facts: Facts) -> Preflight:
    """Check every variant and the issue itself. Needs no network and no other program."""
    found = [("", finding) for check in OF_ISSUE for finding in check(facts)]
    for letter in letters:
        in_page = spotted(check_letter(letter, facts), letter.page)
        found += [(letter.variant, finding) for finding in placed(in_page, facts.sources)]
    pages = [letter.page for letter in letters if letter.is_mail and letter.page is not None]
    features = {slug for page in pages for slug in used(page)}
    return Preflight(tuple(merged(found)), scores(features))


def check_letter(letter: Letter, facts: Facts) -> Iterator[Finding]:
    """One variant: a mail in full, a page of the archive as far as it is one."""
    for check in (*OF_MAIL, *OF_HTML) if letter.is_mail else OF_HTML:
        yield from check(letter, facts)
