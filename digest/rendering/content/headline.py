"""Subject, preheader, headline and sentence by rule, for issues whose editor wrote none.

The subject leads with a verdict that ends within its first 33 characters, which is what a
phone shows, and has at most 50. The preheader names other verdicts.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from digest.catalogue.verdict import Verdict
from digest.catalogue.views import ComparisonView, ToolView
from digest.rendering.content.issue_content import Card, Flip

SUBJECT_LIMIT = 50
VERDICT_WITHIN = 33
PREHEADER_LIMITS = (40, 90)
HEADLINE_LIMIT = 80
WORDS_PER_MINUTE = 220

_VERBS = {Verdict.SHIP: "ships", Verdict.SPLIT: "splits", Verdict.SKIP: "skipped"}
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_PROMISE = "Every take and price, side by side."
_PROMISE_ALONE = "Every reviewer's take, the prices and the decision tables, side by side."


class _Line(NamedTuple):
    """What is said of one tool: 'Haiku', 'flips to split', ''; or 'Codestral', 'ships', '3–1'."""

    name: str
    verb: str
    counts: str = ""

    @property
    def plain(self) -> str:
        return f"{self.name} {self.verb}"

    @property
    def full(self) -> str:
        return f"{self.plain} {self.counts}".rstrip()


def subject_for(cards: Sequence[ComparisonView], flips: Sequence[Flip] = ()) -> str:
    """At most 50 characters such as 'SmolAgents 2.0 ships 3–1; Haiku splits'.

    A flip leads if there is one, else a tool of the first comparison: of its two, the one
    that fewer of the issue's comparisons share. The second part prefers a different verdict.
    """
    tools = _by_novelty(cards)
    lead, wording, other = _chosen(tools, flips)
    if lead is None:
        return _no_verdict(tools)
    return f"{wording}; {other.plain}" if other else wording


def preheader_for(cards: Sequence[ComparisonView], subject: str, flips: Sequence[Flip] = ()) -> str:
    """40 to 90 characters with the verdicts that `subject` does not mention."""
    least, most = PREHEADER_LIMITS
    text = ""
    for phrase in _unmentioned(_by_novelty(cards), subject, flips):
        longer = f"{text}; {phrase}" if text else phrase
        if len(longer) <= most:
            text = longer
    if not text:
        return _PROMISE_ALONE
    return text if len(text) >= least else f"{text}. {_PROMISE}"


def headline_for(cards: Sequence[ComparisonView], flips: Sequence[Flip] = ()) -> str:
    """The issue's H1: tools and verdicts of the subject, with more room for names; at most 80."""
    tools = _by_novelty(cards)
    lead, _, other = _chosen(tools, flips)
    if lead is None:
        return _no_verdict(tools)
    rest = f", {other.plain}" if other else ""
    room = HEADLINE_LIMIT - len(rest) - (len(lead.full) - len(lead.name))
    return f"{lead._replace(name=_fit(lead.name, room)).full}{rest}"


def sentence_for(cards: Sequence[ComparisonView], flips: Sequence[Flip] = ()) -> str:
    """The sentence under the headline: how many comparisons, and how the panel judged."""
    verdicts = [tool.verdict for tool in _by_novelty(cards)]
    counted = [(verdict, verdicts.count(verdict)) for verdict in Verdict if verdict in verdicts]
    judged = [_judged(verdict, count, first=at == 0) for at, (verdict, count) in enumerate(counted)]
    opening = _count(len(cards), "new comparison").capitalize()
    sentence = f"{opening}: the panel {_listed(judged)}." if judged else f"{opening}."
    if flips:
        sentence += f" {_count(len(flips), 'verdict').capitalize()} changed since the last issue."
    return sentence


def minutes_to_read(cards: Iterable[Card], flips: Iterable[Flip] = (), *texts: str) -> int:
    """Minutes to read what the issue prints of its cards, its flips and `texts`; at least 1."""
    words = sum(len(text.split()) for text in texts)
    words += sum(len(f"{flip.name} {flip.why}".split()) for flip in flips)
    for card in cards:
        words += len(card.title.split())
        for side in (card.left, card.right):
            shown = [side.tool.name] if side.seen_above else _shown(side.tool)
            shown += [quote.text for quote in side.quotes]
            words += sum(len(text.split()) for text in shown)
    return max(1, math.ceil(words / WORDS_PER_MINUTE))


def _shown(tool: ToolView) -> list[str]:
    return [text for text in (tool.name, tool.tagline, tool.best_for) if text]


def _by_novelty(cards: Sequence[ComparisonView]) -> list[ToolView]:
    """Each tool once: those of a single card first, then those that several cards share."""
    slugs = [tool.slug for card in cards for tool in (card.left, card.right)]
    found: dict[str, ToolView] = {}
    for card in cards:
        pair = sorted((card.left, card.right), key=lambda tool: slugs.count(tool.slug))
        for tool in pair:
            found.setdefault(tool.slug, tool)
    return sorted(found.values(), key=lambda tool: slugs.count(tool.slug) > 1)


def _chosen(
    tools: Sequence[ToolView], flips: Sequence[Flip]
) -> tuple[_Line | None, str, _Line | None]:
    """The tool that leads, its wording in the subject, and another tool that fits beside it.

    Subject and headline both say these two.
    """
    judged = [_line(tool) for tool in tools if tool.verdict in _VERBS]
    lead = next(iter([*map(_flip_line, flips), *judged]), None)
    if lead is None:
        return None, "", None
    wordings = _wordings(lead)
    for wording in wordings:
        for other in _others(judged, wording, flips):
            if len(f"{wording}; {other.plain}") <= SUBJECT_LIMIT:
                return lead, wording, other
    return lead, wordings[0], None


def _wordings(lead: _Line) -> list[str]:
    """Wordings of the leading verdict, the longest first, each within 33 characters."""
    plain = _lead(lead.name, lead.verb)
    return (
        [lead.full, plain] if plain != lead.full and len(lead.full) <= VERDICT_WITHIN else [plain]
    )


def _others(judged: Sequence[_Line], lead: str, flips: Sequence[Flip]) -> list[_Line]:
    """Candidates for the second part: flips, then verdicts unlike the lead's, then the rest."""
    others = [line for line in map(_flip_line, flips) if not _mentions(lead, line.name)]
    rest = [line for line in judged if not _mentions(lead, line.name)]
    rest.sort(key=lambda line: line.verb in lead)
    return others + rest


def _unmentioned(tools: Sequence[ToolView], subject: str, flips: Sequence[Flip]) -> Iterator[str]:
    flipped = {_short(flip.name) for flip in flips}
    for flip in flips:
        if not _mentions(subject, _short(flip.name)):
            yield _flip_line(flip).plain
    for tool in tools:
        if tool.verdict in _VERBS and not {_name(tool), _short(tool.name)} & flipped:
            lead = _lead(_name(tool), _VERBS[tool.verdict])
            if not _mentions(subject, _name(tool)) and lead not in subject:
                yield _line(tool).full


def _line(tool: ToolView) -> _Line:
    """'SmolAgents 2.0', 'ships', '3–1'; without counts 'Codestral 2', 'ships'."""
    name, verb = _name(tool), _VERBS[tool.verdict]
    if tool.verdict is Verdict.SPLIT or tool.ship is None or tool.skip is None:
        return _Line(name, verb)
    return _Line(name, verb, f"{max(tool.ship, tool.skip)}–{min(tool.ship, tool.skip)}")


def _flip_line(flip: Flip) -> _Line:
    return _Line(_short(flip.name), f"flips to {_word(flip.after)}")


def _lead(name: str, verb: str) -> str:
    return f"{_fit(name, VERDICT_WITHIN - len(verb) - 1)} {verb}"


def _no_verdict(tools: Sequence[ToolView]) -> str:
    return f"No take yet on {_fit(_name(tools[0]), 30)}" if tools else "No new verdicts"


def _name(tool: ToolView) -> str:
    return " ".join(tool.short_name.split())


def _short(name: str) -> str:
    return " ".join(name.partition(":")[0].split())


def _word(verdict: Verdict) -> str:
    return verdict.value.replace("_", " ")


def _fit(text: str, limit: int) -> str:
    """`text`, cut at a word if it is longer than `limit`."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,;:–-") + "…"


def _mentions(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _judged(verdict: Verdict, count: int, *, first: bool) -> str:
    number = _NUMBERS[count] if count < len(_NUMBERS) else str(count)
    if first:
        number = _count(count, "tool")
    return {
        Verdict.SHIP: f"ships {number}",
        Verdict.SPLIT: f"splits on {number}",
        Verdict.SKIP: f"skips {number}",
        Verdict.NO_TAKE: f"has no take on {number}",
    }[verdict]


def _count(number: int, noun: str) -> str:
    word = _NUMBERS[number] if number < len(_NUMBERS) else str(number)
    return f"{word} {noun}" if number == 1 else f"{word} {noun}s"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
