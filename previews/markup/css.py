"""Parsing CSS: style sheets to rules, style attributes to declarations.

The only file that knows cssselect and tinycss2's syntax trees of rules.
"""

from dataclasses import dataclass
from functools import lru_cache

import cssselect
import tinycss2
from tinycss2.ast import AtRule, Declaration, QualifiedRule

Specificity = tuple[int, int, int]


@dataclass(frozen=True)
class Style:
    """One declaration. `value` is in lower case, without `!important`."""

    name: str
    value: str
    important: bool = False


@dataclass(frozen=True)
class StyleRule:
    """Selectors and their declarations; `media` is the condition, '' for always."""

    selectors: tuple[str, ...]
    styles: tuple[Style, ...]
    media: str
    at: str = ""


@dataclass(frozen=True)
class Sheet:
    """A style sheet: its rules, (name, condition) of its at-rules, and syntax errors."""

    rules: tuple[StyleRule, ...]
    at_rules: tuple[tuple[str, str], ...]
    errors: tuple[str, ...]


@lru_cache(maxsize=2048)
def declarations(text: str) -> tuple[Style, ...]:
    """The declarations of a style attribute, in order; what cannot be parsed is skipped."""
    return _styles(tinycss2.parse_blocks_contents(text))


@lru_cache(maxsize=64)
def read_sheet(text: str, media: str = "") -> Sheet:
    """Parse a style sheet; `media` is the condition of the element that holds it."""
    rules: list[StyleRule] = []
    at_rules: list[tuple[str, str]] = []
    errors: list[str] = []
    _read(tinycss2.parse_stylesheet(text, True, True), media, rules, at_rules, errors)
    return Sheet(tuple(rules), tuple(at_rules), tuple(errors))


@lru_cache(maxsize=512)
def specificity(selector: str) -> Specificity:
    """(ids, classes, types) of one selector; (0, 0, 0) if it cannot be parsed."""
    try:
        return cssselect.parse(selector)[0].specificity()
    except (cssselect.SelectorError, IndexError):
        return 0, 0, 0


def _read(
    nodes: list[object],
    media: str,
    rules: list[StyleRule],
    at_rules: list[tuple[str, str]],
    errors: list[str],
) -> None:
    for node in nodes:
        if isinstance(node, QualifiedRule):
            selectors = tinycss2.serialize(node.prelude).strip()
            styles = _styles(tinycss2.parse_blocks_contents(node.content))
            split = tuple(part.strip() for part in selectors.split(",") if part.strip())
            rules.append(StyleRule(split, styles, media))
        elif isinstance(node, AtRule):
            name, condition = node.lower_at_keyword, tinycss2.serialize(node.prelude).strip()
            at_rules.append((name, condition))
            if name in ("media", "supports") and node.content is not None:
                both = " and ".join(filter(None, (media, condition)))
                inner = tinycss2.parse_rule_list(node.content, True, True)
                _read(inner, both, rules, at_rules, errors)
        elif getattr(node, "type", "") == "error":
            errors.append(str(getattr(node, "message", "cannot be parsed")))


def _styles(nodes: list[object]) -> tuple[Style, ...]:
    return tuple(
        Style(node.lower_name, tinycss2.serialize(node.value).strip().lower(), node.important)
        for node in nodes
        if isinstance(node, Declaration)
    )
