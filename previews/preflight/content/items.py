"""The items: no duplicates, none already sent, none missing."""

from collections import Counter
from collections.abc import Iterator

from previews.preflight.facts import Facts
from previews.preflight.finding import Finding, error, in_issue, warning

DUPLICATE = error(
    "CNT-040",
    "A comparison is in the issue twice",
    "The same two tools appear twice, in the same or the opposite order.",
    "`digest issues edit N --exclude SLUG`.",
)
SENT_BEFORE = error(
    "CNT-041",
    "A comparison was already sent",
    "Readers of this edition have already received it.",
    "`digest issues edit N --reopen` selects again.",
)
QUOTED_TWICE = warning(
    "CNT-042",
    "A quote is in the issue twice",
    "Repeated words look like a mistake.",
    "Correct the review: `digest comparisons edit`.",
)
GLANCE = error(
    "CNT-043",
    "The glance and the cards name different tools",
    "A tool of a card is missing from the glance, or the other way round.",
    "Compose the issue again: `digest issues edit N --reopen`.",
)
TOO_MANY = warning(
    "CNT-044",
    "More comparisons than the edition's maximum",
    "Long issues are read less and clipped by Gmail.",
    "`digest issues edit N --exclude SLUG`.",
)


def duplicates(facts: Facts) -> Iterator[Finding]:
    """Each pair of tools and each quote appears once."""
    slugs = Counter(card.slug for card in facts.cards)
    pairs = Counter(frozenset(tool.name for tool in card.tools) for card in facts.cards)
    for card in {card.slug: card for card in facts.cards}.values():
        names = frozenset(tool.name for tool in card.tools)
        if slugs[card.slug] > 1 or (len(names) > 1 and pairs[names] > 1):
            pairs[names] = 0
            yield DUPLICATE.found(card.title, in_issue("item", card.slug))
    quotes = Counter(quote.text for card in facts.cards for quote in card.quotes)
    if not any(count > 1 for count in slugs.values()):
        for text, count in quotes.items():
            if count > 1:
                yield QUOTED_TWICE.found(f"“{text[:60]}…”", in_issue("quote", text))


def sent_before(facts: Facts) -> Iterator[Finding]:
    """No item was sent in this edition before."""
    for card in facts.cards:
        if card.slug in facts.already_sent:
            detail = f"{card.title}: {facts.already_sent[card.slug]}"
            yield SENT_BEFORE.found(detail, in_issue("item", card.slug))


def glance(facts: Facts) -> Iterator[Finding]:
    """The glance names each tool of the cards once."""
    if not facts.glance or not facts.cards:
        return
    named = Counter(tool.name for tool in facts.glance)
    in_cards: dict[str, set[str]] = {}
    for card in facts.cards:
        for tool in card.tools:
            in_cards[tool.name] = {tool.name, tool.short_name}
    known = set().union(*in_cards.values())
    for name, count in named.items():
        if count > 1 or name not in known:
            how = f"{count} times" if count > 1 else "in no card"
            yield GLANCE.found(f"{name} appears {how}", in_issue("glance", name))
    for name, names in in_cards.items():
        if not names & set(named):
            yield GLANCE.found(f"{name} is not in the glance", in_issue("glance", name))


def item_count(facts: Facts) -> Iterator[Finding]:
    """No more items than the edition's maximum."""
    if facts.max_items is not None and len(facts.cards) > facts.max_items:
        detail = f"{len(facts.cards)}, the edition's maximum is {facts.max_items}"
        yield TOO_MANY.found(detail, in_issue("items"))


ISSUE_CHECKS = (duplicates, sent_before, glance, item_count)
