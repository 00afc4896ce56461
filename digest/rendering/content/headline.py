"""Subject, preheader, headline and sentence by rule, for issues whose editor wrote none.

The subject leads with a verdict that ends within its first 33 characters, which is what a
phone shows, and has at most 50. The preheader names other verdicts.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence

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


def subject_for(cards: Sequence[ComparisonView], flips: Sequence[Flip] = ()) -> str:
    """At most 50 characters such as 'SmolAgents 2.0 ships 3–1; Haiku splits'.

    A flip leads if there is one, else a tool of the first comparison: of its two, the one
    that fewer of the issue's comparisons share. The second part prefers a different verdict.
    """
    tools = _by_novelty(cards)
    leads = _leads(tools, flips)
    if not leads:
        return _no_verdict(tools)
    for lead in leads:
        for other in _others(tools, lead, flips):
            if len(f"{lead}; {other}") <= SUBJECT_LIMIT:
                return f"{lead}; {other}"
    return leads[0]


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
    """The issue's H1: the verdicts of the subject, with more room for names; at most 80."""
    tools = _by_novelty(cards)
    leads = [_flip_phrase(flip) for flip in flips] or [
        _phrase(tool) for tool in tools if tool.verdict in _VERBS
    ]
    if not leads:
        return _no_verdict(tools)
    for other in _others(tools, leads[0], flips):
        if len(f"{leads[0]}, {other}") <= HEADLINE_LIMIT:
            return f"{leads[0]}, {other}"
    return _fit(leads[0], HEADLINE_LIMIT)


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


def _leads(tools: Sequence[ToolView], flips: Sequence[Flip]) -> list[str]:
    """Wordings of the leading verdict, the longest first, each within 33 characters."""
    if flips:
        return [_lead(_short(flips[0].name), f"flips to {_word(flips[0].after)}")]
    for tool in tools:
        if tool.verdict in _VERBS:
            full, plain = _phrase(tool), _lead(_name(tool), _VERBS[tool.verdict])
            return [full, plain] if len(full) <= VERDICT_WITHIN and full != plain else [plain]
    return []


def _others(tools: Sequence[ToolView], lead: str, flips: Sequence[Flip]) -> list[str]:
    """Candidates for the second part: flips, then verdicts unlike the lead's, then the rest."""
    others = [_flip_phrase(flip) for flip in flips if not _mentions(lead, _short(flip.name))]
    judged = [t for t in tools if t.verdict in _VERBS and not _mentions(lead, _name(t))]
    judged.sort(key=lambda tool: _VERBS[tool.verdict] in lead)
    return others + [f"{_name(tool)} {_VERBS[tool.verdict]}" for tool in judged]


def _unmentioned(tools: Sequence[ToolView], subject: str, flips: Sequence[Flip]) -> Iterator[str]:
    flipped = {_short(flip.name) for flip in flips}
    for flip in flips:
        if not _mentions(subject, _short(flip.name)):
            yield _flip_phrase(flip)
    for tool in tools:
        if tool.verdict in _VERBS and not {_name(tool), _short(tool.name)} & flipped:
            lead = _lead(_name(tool), _VERBS[tool.verdict])
            if not _mentions(subject, _name(tool)) and lead not in subject:
                yield _phrase(tool)


def _phrase(tool: ToolView) -> str:
    """'SmolAgents 2.0 ships 3–1'; without counts 'Codestral 2 ships'."""
    plain = f"{_name(tool)} {_VERBS[tool.verdict]}"
    if tool.verdict is Verdict.SPLIT or tool.ship is None or tool.skip is None:
        return plain
    return f"{plain} {max(tool.ship, tool.skip)}–{min(tool.ship, tool.skip)}"


def _flip_phrase(flip: Flip) -> str:
    return f"{_short(flip.name)} flips to {_word(flip.after)}"


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
