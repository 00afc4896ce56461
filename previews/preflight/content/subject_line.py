"""Subject and preheader: what the inbox lists."""

import re
from collections.abc import Iterator

from previews.markup.html_page import folded
from previews.preflight.facts import VERDICTS, Facts
from previews.preflight.finding import Finding, error, in_header, in_issue, warning
from previews.preflight.rendered_message import RenderedMessage

LONGEST_SUBJECT = 50
VERDICT_WITHIN = 33
PREHEADER = (40, 90)

NO_SUBJECT = error(
    "CNT-001",
    "The subject is empty",
    "People and filters take a mail without one for spam.",
    "`digest issues edit N --subject …`; an empty one restores the generated subject.",
)
LONG_SUBJECT = warning(
    "CNT-002",
    "The subject is longer than 50 characters",
    "Phones show about 33 characters and cut the rest.",
    "Shorten it: `digest issues edit N --subject …`.",
)
LATE_VERDICT = warning(
    "CNT-003",
    "The first 33 characters of the subject contain no verdict",
    "A phone shows no more, and the verdict is what people read for.",
    "Start with the tool and its verdict: “SmolAgents 2.0 ships 3–1”.",
)
NUMBERED_SUBJECT = error(
    "CNT-004",
    "The subject is only an issue number",
    "“Issue 42” says nothing about the content.",
    "State a verdict instead.",
)
NO_PREHEADER = error(
    "CNT-005",
    "There is no preheader",
    "The inbox would show “View in browser” or whatever comes first.",
    "`digest issues edit N --preheader …`; an empty one restores the generated preheader.",
)
PREHEADER_LENGTH = warning(
    "CNT-006",
    "The preheader is shorter than 40 or longer than 90 characters",
    "If it is shorter, the inbox fills the line with the text that follows; if longer, it is cut.",
    "Name other verdicts than the subject does, in 40 to 90 characters.",
)
SAME_TWICE = warning(
    "CNT-007",
    "The preheader repeats the subject",
    "The preheader is a second line for something else.",
    "Name other verdicts than the subject does.",
)
SHOUTING = error(
    "CNT-008",
    "The subject is in capitals, or has rows of exclamation marks",
    "It costs 4.6 points with SpamAssassin alone.",
    "Write it as a sentence.",
)
SAID_BEFORE = warning(
    "CNT-009",
    "An earlier issue had the same subject",
    "Mail programs group both into one conversation, and readers think they have read it.",
    "Put this issue's news into the subject.",
)

_VERDICT = re.compile(
    r"\b(ships?|shipped|skips?|skipped|splits?|split|no take|no new verdicts|"
    + "|".join(verdict.lower() for verdict in VERDICTS)
    + r")\b",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"\W*(issue|edition|newsletter|no\.?|#)?\W*(no\.?|#)?\s*\d+\W*", re.IGNORECASE
)


def subject(facts: Facts) -> Iterator[Finding]:
    """Verdict first, at most 50 characters, no capitals, no bare number, not used before."""
    words = folded(facts.subject)
    place = in_header("Subject", words)
    if not words:
        yield NO_SUBJECT.found("it is empty", place)
        return
    if len(words) > LONGEST_SUBJECT:
        yield LONG_SUBJECT.found(f"{len(words)} characters", place)
    if _NUMBERED.fullmatch(words):
        yield NUMBERED_SUBJECT.found(f"“{words}”", place)
    elif not _VERDICT.search(words[:VERDICT_WITHIN]) and facts.glance:
        yield LATE_VERDICT.found(f"“{words[:VERDICT_WITHIN]}”", place)
    if is_shouted(words):
        yield SHOUTING.found(f"“{words}”", place)
    for number, earlier in facts.previous_subjects.items():
        if folded(earlier).casefold() == words.casefold():
            yield SAID_BEFORE.found(f"issue {number} had it", place)


def preheader(facts: Facts) -> Iterator[Finding]:
    """Present, 40 to 90 characters, and different from the subject."""
    words = folded(facts.preheader)
    place = in_issue("preheader", words)
    least, most = PREHEADER
    if not words:
        yield NO_PREHEADER.found("it is empty", place)
    elif words.casefold() == folded(facts.subject).casefold():
        yield SAME_TWICE.found(f"“{words}”", place)
    elif not least <= len(words) <= most:
        yield PREHEADER_LENGTH.found(f"{len(words)} characters", place)


def shown_preheader(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """The HTML starts with the preheader."""
    if message.page is None or not folded(facts.preheader):
        return
    if not message.page.body.text.startswith(folded(facts.preheader)):
        first = message.page.body.text[:60]
        yield NO_PREHEADER.found(f"the HTML begins with “{first}”", in_issue("preheader"))


def is_shouted(words: str) -> bool:
    """Whether it has rows of exclamation marks, or at least eight letters, mostly capitals."""
    letters = [char for char in words if char.isalpha() and char.lower() != char.upper()]
    capitals = sum(letter.isupper() for letter in letters)
    return (len(letters) >= 8 and capitals > 0.7 * len(letters)) or bool(re.search(r"!\s*!", words))


ISSUE_CHECKS = (subject, preheader)
CHECKS = (shown_preheader,)
