"""What one cell says of a reader's standing, given the column it is in."""

from collections.abc import Iterable

from subscribers.importing.headings import Kind, StandingColumn
from subscribers.importing.standing import Standing, fold, is_false, is_true, reason_of, word_of

# A tick that is not set in a form of one's own says nothing of readers who came another way.
OPTIONAL = ("doubleoptin", "doi")


def meaning(column: StandingColumn, cell: str) -> Standing | None:
    """The standing that a cell states; None if it states none, or none that is known."""
    if column.kind is Kind.OWN_STATE:
        return word_of(cell) if cell.strip() else Standing.WITHOUT_CONSENT
    if column.kind is Kind.NEGATIVE:
        return _negative(column, cell)
    found = _foreign(word_of(cell))
    if column.kind is Kind.POSITIVE:
        return found or _positive(column, cell)
    return found or reason_of(cell)


def strictest(standings: Iterable[Standing | None]) -> Standing:
    """The most restrictive; active where nothing is stated."""
    stated = [standing for standing in standings if standing is not None]
    return max(stated, key=lambda standing: standing.severity, default=Standing.ACTIVE)


def _negative(column: StandingColumn, cell: str) -> Standing | None:
    if is_false(cell):
        return None
    if column.standing is Standing.BOUNCED:  # "spam" is then why a relay refused it
        return column.standing
    word = _foreign(word_of(cell))
    if word is not None:
        return word if word.reason else None
    return reason_of(cell) or column.standing


def _positive(column: StandingColumn, cell: str) -> Standing | None:
    if is_true(cell) or not is_false(cell):
        return reason_of(cell) or Standing.ACTIVE
    if cell.strip():
        return column.standing
    if fold(column.heading).startswith(OPTIONAL):
        return None
    if column.standing is Standing.LEFT:  # never set is no proof that somebody left
        return Standing.WITHOUT_CONSENT
    return column.standing


def _foreign(word: Standing | None) -> Standing | None:
    """Other tools do not tell by which edition a subscription ended."""
    return Standing.LEFT if word is Standing.ENDED else word
