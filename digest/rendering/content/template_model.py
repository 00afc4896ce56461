"""What templates see of an issue: mappings of texts and numbers, without any methods.

`docs/templates.md` lists every field.
"""

import re
from collections.abc import Mapping
from typing import Any

from digest.catalogue.verdict import Verdict
from digest.catalogue.views import ToolView
from digest.rendering.content.excerpt import excerpt
from digest.rendering.content.issue_content import (
    Card,
    Flip,
    Glance,
    IssueContent,
    Quote,
    Side,
    Site,
)
from digest.rendering.content.typography import is_rtl
from schedules.words import long_date

TAGLINE_LIMIT = 110
FACT_LIMIT = 100
JURY = 8  # the largest panel whose bar has one cell for each reviewer

# Control characters, line separators, lone surrogates and noncharacters. The marks of
# `instrument` are among the last, so no content can forge them.
_NOT_TEXT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)


def issue_values(content: IssueContent, site: Site, tokens: Mapping[str, str]) -> dict[str, object]:
    """`issue`, `site`, `links` and `reader`; the last is None in the web variant.

    `tokens` stand for the values of the reader while the message is compiled.
    """
    values = {
        "issue": {
            "number": content.number,
            "edition": content.edition,
            "edition_name": content.edition_name,
            "date": long_date(content.date),
            "subject": content.subject,
            "preheader": content.preheader,
            "headline": content.headline,
            "sentence": content.sentence,
            "names": _names(content),
            "minutes": content.minutes,
            "glance": [_glance(line) for line in content.glance],
            "cards": [
                _card(card, before, site)
                for before, card in zip((None, *content.cards), content.cards, strict=False)
            ],
            "flips": [_flip(flip) for flip in content.flips],
        },
        "site": site_values(site),
        "links": {
            "browser": f"{site.public_url}/issues/{content.number}",
            "archive": f"{site.public_url}/issues",
            "feed": f"{site.public_url}/feed.xml",
            "signup": f"{site.public_url}/",
        },
        "reader": dict(tokens) or None,
    }
    return {name: clean(value) for name, value in values.items()}


def site_values(site: Site) -> dict[str, object]:
    """`site`: its name, address and postal address."""
    return {
        "name": site.site_name,
        "public_url": site.public_url,
        "postal_address": site.postal_address,
    }


def clean(value: Any) -> Any:
    """`value` with spaces for the characters that are no text, in every text it contains."""
    if isinstance(value, str):
        return _NOT_TEXT.sub(" ", value.replace("\r\n", "\n"))
    if isinstance(value, dict):
        return {key: clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    return value


def _names(content: IssueContent) -> list[str]:
    """The short names that headings use for tools, each once."""
    tools = [side.tool for card in content.cards for side in (card.left, card.right)]
    flipped = [flip.name.partition(":")[0] for flip in content.flips]
    return list(dict.fromkeys([*(tool.short_name for tool in tools), *flipped]))


def _card(card: Card, before: Card | None, site: Site) -> dict[str, object]:
    left, right = card.left.tool, card.right.tool
    return {
        "slug": card.slug,
        "title": f"{left.short_name} vs {right.short_name}",
        "category": card.category,
        "url": f"{site.public_url}/compare/{card.slug}",
        "group": card.group,
        "continues": before is not None and card.group is not None and card.group == before.group,
        "sides": [_side(card.left), _side(card.right)],
    }


def _side(side: Side) -> dict[str, object]:
    tool = side.tool
    best_for = None if _same(tool.best_for, tool.tagline) else tool.best_for
    return {
        "name": tool.name,
        "short_name": tool.short_name,
        "rtl": is_rtl(tool.name),
        "tagline": excerpt(tool.tagline, TAGLINE_LIMIT) if tool.tagline else None,
        "entry": tool.entry,
        "community": tool.community,
        "best_for": excerpt(best_for, FACT_LIMIT) if best_for else None,
        "verdict": _verdict(tool.verdict),
        "percent": tool.panel_ship_percent,
        "ship": tool.ship,
        "skip": tool.skip,
        "takes": _takes(tool.ship, tool.skip),
        "bar": _bar(tool),
        "seen_above": side.seen_above,
        "quotes": [_quote(quote) for quote in side.quotes],
    }


def _quote(quote: Quote) -> dict[str, object]:
    verdict = Verdict(quote.verdict) if quote.verdict in ("ship", "skip") else Verdict.NO_TAKE
    return {
        "text": quote.text,
        "rtl": is_rtl(quote.text),
        "persona": quote.persona,
        "score": quote.score,
        "verdict": _verdict(verdict) if verdict is not Verdict.NO_TAKE else None,
        "colour": verdict.value.replace("_", "-"),
    }


def _glance(line: Glance) -> dict[str, object]:
    return {
        "name": line.name,
        "rtl": is_rtl(line.name),
        "verdict": _verdict(line.verdict),
        "percent": line.percent,
        "ship": line.ship,
        "skip": line.skip,
        "takes": _takes(line.ship, line.skip),
    }


def _flip(flip: Flip) -> dict[str, object]:
    return {
        "name": flip.name,
        "rtl": is_rtl(flip.name),
        "before": _verdict(flip.before),
        "after": _verdict(flip.after),
        "on": long_date(flip.on),
        "why": flip.why,
        "why_rtl": is_rtl(flip.why),
    }


def _verdict(verdict: Verdict) -> dict[str, str]:
    """`label` is the badge's word, `colour` the class that colours it."""
    return {"label": verdict.label, "colour": verdict.value.replace("_", "-")}


def _takes(ship: int | None, skip: int | None) -> int | None:
    return ship + skip if ship is not None and skip is not None else None


def _bar(tool: ToolView) -> list[dict[str, object]]:
    """The cells of the bar: one for each reviewer of a small panel, else two in proportion."""
    takes = _takes(tool.ship, tool.skip)
    if takes and takes <= JURY and tool.ship is not None:
        return [{"ship": at < tool.ship, "width": 100 // takes} for at in range(takes)]
    if tool.panel_ship_percent is None:
        return []
    share = tool.panel_ship_percent
    cells = ((True, share), (False, 100 - share))
    return [{"ship": ship, "width": width} for ship, width in cells if width]


def _same(one: str | None, other: str | None) -> bool:
    def plain(text: str | None) -> str:
        return " ".join((text or "").split()).rstrip(".").casefold()

    return plain(one) == plain(other)
