"""Text and HTML say the same: every headline, link and verdict is in both."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from previews.markup.colours import ColourScheme
from previews.markup.computed_style import computed_styles
from previews.markup.html_page import HtmlPage, folded
from previews.preflight.content.patterns import UNSET
from previews.preflight.facts import VERDICTS, Facts
from previews.preflight.finding import (
    Finding,
    FindingPlace,
    error,
    in_html,
    in_issue,
    in_text,
    warning,
)
from previews.preflight.rendered_message import RenderedMessage

HEADLINE = error(
    "MSG-050",
    "A headline is in one part only",
    "Readers of the text and of the HTML must get the same content; filters compare the two "
    "as well.",
    "Print it in both templates: issue.mjml.j2 and issue.txt.j2.",
)
LINK = error(
    "MSG-051",
    "A link is in one part only",
    "Readers of plain text could not follow it, or the HTML hides where the text leads.",
    "Print the address in both templates.",
)
VERDICT = error(
    "MSG-052",
    "A verdict is missing from a part, or differs between them",
    "The verdict is what people read for; a wrong badge is the worst possible mistake.",
    "Print `verdict.label` beside the tool's name in both templates.",
)

WORDS = error(
    "MSG-053",
    "Imported words are missing from a part",
    "A name, a quote or a fact is not printed, or not as it was written: a reader of that part "
    "would get other words than a reader of the other.",
    "Print it in both templates, unchanged; if they do, report it: the engine lost words.",
)
NOT_PRINTED = warning(
    "MSG-054",
    "An imported text is printed in neither part",
    "The template leaves it out, or both parts changed it.",
    "Print it in both templates, unless it is meant to be left out.",
)

_LABEL = re.compile(r"\[(" + "|".join(VERDICTS) + r")\] ")
_ADDRESS = re.compile(r"https?://[^\s<>\"“”]+")


def headlines(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """The HTML's headings are in the text; the issue's headline and titles are in both."""
    if not message.text or message.page is None:
        return
    plain = _squeezed(message.text)
    for heading in message.page.named("h1", "h2", "h3"):
        words = heading.text
        if words and _squeezed(words) not in plain:
            yield HEADLINE.found(f"“{words}” is not in the text", in_html(heading), needle=words)
    within = _squeezed(message.page.body.text)
    for words in filter(None, (facts.headline, *(card.title for card in facts.cards))):
        if _squeezed(words) not in within:
            yield HEADLINE.found(
                f"“{words}” is not in the HTML", FindingPlace("html", excerpt=words)
            )
        if _squeezed(words) not in plain and _squeezed(words) not in {
            _squeezed(h.text) for h in message.page.named("h1", "h2", "h3")
        }:
            yield HEADLINE.found(f"“{words}” is not in the text", in_text(words))


def links(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Both parts have the same web addresses; the reader's own links are checked elsewhere."""
    if not message.text or message.page is None:
        return
    own = {facts.unsubscribe_url, facts.preferences_url}
    web_links = {el.get("href").strip(): el for el in message.page.links if _is_web(el.get("href"))}
    words = message.page.body.text
    plain = {address for address in _ADDRESS.findall(message.text) if address not in words}
    everything = set(_ADDRESS.findall(message.text))
    printed = {address.rstrip(".,;:!?)") for address in everything} | everything
    for address, element in web_links.items():
        if address not in printed | own:
            detail = f"{address} is not in the text"
            yield LINK.found(detail, in_html(element), needle=address)
    for address in sorted(plain):
        trimmed = address.rstrip(".,;:!?)")
        if not {address, trimmed} & (set(web_links) | own):
            yield LINK.found(f"{address} is not in the HTML", in_text(address), needle=address)


def verdicts(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Both parts print each tool of the glance with its verdict and no other."""
    if not message.text or message.page is None or not facts.glance:
        return
    plain = folded(message.text)
    chunks = list(_visible(message.page))
    for tool in facts.glance:
        names = {folded(name) for name in (tool.name, tool.short_name) if name}
        printed = {
            "text": set(_text_labels(plain, names)),
            "html": set(_badges(chunks, names)),
        }
        for part, labels in printed.items():
            wrong = labels - {tool.verdict}
            if wrong or not labels:
                has = f"has {' and '.join(sorted(wrong))}" if wrong else "has no verdict"
                detail = f"{tool.name} is {tool.verdict}, the {part} {has}"
                yield VERDICT.found(detail, FindingPlace(part, excerpt=tool.name))


def words(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Both parts print every imported text, word for word."""
    if not message.text or message.page is None:
        return
    if any(UNSET.search(line.strip()) for line in message.text.split("\n")):
        return  # reported as a missing value
    parts = {"text": folded(message.text).casefold(), "html": _visible_words(message.page)}
    names = {tool.name for tool in facts.glance} | {
        quote.text for card in facts.cards for quote in card.quotes
    }
    for text in facts.printed:
        missing = [part for part, printed in parts.items() if not _is_in(text, printed)]
        if len(missing) == len(parts) and text not in names:
            yield NOT_PRINTED.found(f"“{text}”", in_issue("text", text))
            continue
        for part in missing:
            detail = f"“{text}” is not in the {part}, word for word"
            yield WORDS.found(detail, FindingPlace(part, excerpt=text[:80]))


def _visible_words(page: HtmlPage) -> str:
    """The text of the body without what is hidden, such as the preheader."""
    found, text = computed_styles(page, ColourScheme.LIGHT), page.body.text
    for element in page.elements:
        above = element.parent
        if found[element].hidden and above is not None and not found[above].hidden:
            text = text.replace(element.text, " ", 1) if element.text else text
    return text.casefold()


def _is_in(text: str, printed: str) -> bool:
    """Whether the words stand in the folded, lower-case text, and not as part of others."""
    words = folded(text).casefold()
    begin, end = (
        r"(?<!\w)" if words[:1].isalnum() else "",
        r"(?!\w)" if words[-1:].isalnum() else "",
    )
    return words in printed and bool(re.search(f"{begin}{re.escape(words)}{end}", printed))


def _text_labels(plain: str, names: Iterable[str]) -> Iterator[str]:
    """The verdicts of every `[SHIP] Name` in the text."""
    for match in _LABEL.finditer(plain):
        rest = plain[match.end() :]
        if any(re.match(re.escape(name) + r"(?!\w)", rest) for name in names):
            yield match[1]


def _badges(chunks: list[str], names: Iterable[str]) -> Iterator[str]:
    """The badge just before a name, or else the first of the next two chunks."""
    for at, chunk in enumerate(chunks):
        if chunk not in names:
            continue
        if at and chunks[at - 1] in VERDICTS:
            yield chunks[at - 1]
            continue
        near = [i for i in (at + 1, at + 2) if chunks[i : i + 1] and chunks[i] in VERDICTS]
        if near and not _begins_flip(chunks, near[0]):
            yield chunks[near[0]]


def _begins_flip(chunks: list[str], at: int) -> bool:
    """SHIP → SKIP is a flip, which the checks of figures cover."""
    match chunks[at + 1 : at + 3]:
        case [arrow, after]:
            return after in VERDICTS and not any(map(str.isalnum, arrow))
    return False


def _visible(page: HtmlPage) -> Iterator[str]:
    found = computed_styles(page, ColourScheme.LIGHT)
    for element in page.elements:
        if element.own_text and not found[element].hidden:
            yield element.own_text


def _squeezed(text: str) -> str:
    """Text to compare, without case and white space: HTML may be in capitals, text wrapped."""
    return "".join(folded(text).casefold().split())


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return False
    return parts.scheme.lower() in ("http", "https") and bool(parts.netloc)


CHECKS = (headlines, links, verdicts, words)
