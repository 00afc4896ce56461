"""Text that must not go out: remnants, placeholders, broken characters, spam phrases."""

import re
from collections.abc import Iterable, Iterator, Sequence

from previews.markup.html_page import Element, folded
from previews.preflight.content.patterns import (
    DOUBLE_ESCAPED,
    HTML_TAG,
    MOJIBAKE,
    PLACEHOLDER,
    REMNANT,
    UNSET,
    first,
)
from previews.preflight.content.subject_line import is_shouted
from previews.preflight.facts import Facts
from previews.preflight.finding import Finding, FindingPlace, error, in_html, in_text, warning
from previews.preflight.rendered_message import RenderedMessage

TEMPLATE_REMNANT = error(
    "CNT-020",
    "A template remnant is visible",
    "Every reader would see `{{ … }}`, another system's merge tag or an unfilled slot.",
    "Correct the template, or the editor's text: `digest issues edit N`.",
    overridable=False,
)
PLACEHOLDER_WORD = error(
    "CNT-021",
    "A placeholder is visible",
    "TK, TODO, lorem ipsum and the like stand for text that was never written.",
    "Write the text: `digest issues edit N`, or correct the template.",
)
UNSET_VALUE = error(
    "CNT-022",
    "A missing value is visible",
    "“None”, “null” or “undefined” is printed where there should be nothing.",
    "Guard it in the template: {% if value is not none %}.",
)
BROKEN_CHARACTERS = error(
    "CNT-023",
    "Broken characters",
    "“â€™” and the like are UTF-8 decoded as something else, usually during an import.",
    "Correct the text: `digest comparisons export`, edit, import again.",
)
ESCAPED_TWICE = error(
    "CNT-024",
    "A character is escaped twice",
    "Readers see “&amp;” instead of “&”.",
    "Remove the extra `| e` from the template, or correct the imported text.",
)
TAGS_IN_TEXT = error(
    "CNT-025",
    "HTML tags are visible",
    "Readers would see them: the text part is not HTML, or they were escaped in the HTML.",
    "Write the text part's template without tags; import texts without them.",
)
SPAM_PHRASE = warning(
    "CNT-026",
    "A phrase that spam filters penalise",
    "Each one adds points, and the sum decides.",
    "Use plain words.",
)
SHOUTED_LINE = warning(
    "CNT-027",
    "A headline is in capitals",
    "Capitals are hard to read, and filters penalise them.",
    "Write it as a sentence; use CSS capitals for labels only.",
)
NO_POSTAL_ADDRESS = error(
    "CNT-028",
    "The postal address is missing",
    "The law requires it in every issue (CAN-SPAM, UWG, CASL).",
    "Set DIGEST_POSTAL_ADDRESS, and print site.postal_address in both templates.",
    overridable=False,
)
REMNANT_IN_CONTENT = warning(
    "CNT-029",
    "Imported text looks like a template",
    "A tool or quote may contain {{ braces }}; or an import went wrong.",
    "Check it, and correct the text if it is a mistake.",
)

SPAM = re.compile(
    r"\b(act now|buy now|order now|100% free|risk[- ]free|no obligation|limited[- ]time offer|"
    r"once in a lifetime|you(?:'|’)?ve won|you are a winner|claim your|cash bonus|double your|"
    r"earn \$|money[- ]back|lowest price|special promotion|dear friend|this is not spam|"
    r"urgent(?:ly)? respon|guaranteed income|work from home)\b|\${3,}",
    re.IGNORECASE,
)


def printed(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """One finding for each kind of wrong text and part."""
    own = _lookalikes(facts)
    for part, words in _parts(message):
        for rule, pattern, left_out in (
            (TEMPLATE_REMNANT, REMNANT, own),
            (PLACEHOLDER_WORD, PLACEHOLDER, own),
            (BROKEN_CHARACTERS, MOJIBAKE, []),
            (ESCAPED_TWICE, DOUBLE_ESCAPED, own),
            (TAGS_IN_TEXT, HTML_TAG, own),
            (SPAM_PHRASE, SPAM, []),
        ):
            if found := first(pattern, _without(left_out, words)):
                place = FindingPlace(part, _spot(message, part, pattern, left_out), found)
                yield rule.found(f"“{found}”", place, needle=found)
    yield from _unset(message)


def _without(texts: Iterable[str], words: str) -> str:
    for text in texts:  # a template may print them in capitals
        words = re.sub(re.escape(text), " ", words, flags=re.IGNORECASE)
    return words


def _spot(
    message: RenderedMessage, part: str, pattern: re.Pattern[str], left_out: Sequence[str]
) -> str:
    """The innermost element or the line that contains it; empty if only an attribute does."""
    if part == "text":
        lines = map(folded, (message.text or "").split("\n"))
        return next((line for line in lines if pattern.search(_without(left_out, line))), "")
    within = [message.page.body] if message.page is not None else []
    spot = ""
    while found := next((e for e in within if pattern.search(_without(left_out, e.text))), None):
        spot, within = found.locator, found.children
    return spot


def imported(facts: Facts) -> Iterator[Finding]:
    """Text from the catalogue that looks like a template."""
    for text in _imported(facts):
        if found := first(REMNANT, text):
            yield REMNANT_IN_CONTENT.found(f"“{found}”", FindingPlace("issue", excerpt=found))


def headlines(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Headings are not in capitals."""
    for element in message.page.named("h1", "h2", "h3") if message.page else ():
        words = element.text
        if is_shouted(words) and not any(words in {t.name, t.short_name} for t in facts.glance):
            yield SHOUTED_LINE.found(f"“{words}”", in_html(element), needle=words)


def postal_address(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """The postal address is in the HTML and in the text."""
    wanted = "".join(facts.postal_address.split())
    for part, words in _parts(message):
        if not wanted:
            yield NO_POSTAL_ADDRESS.found(
                "DIGEST_POSTAL_ADDRESS is not set", FindingPlace("issue", "postal address")
            )
            return
        if wanted not in "".join(words.split()):
            yield NO_POSTAL_ADDRESS.found(f"not in the {part}", FindingPlace(part))


def _parts(message: RenderedMessage) -> Iterator[tuple[str, str]]:
    """The visible text of each part, folded."""
    if message.page is not None:
        hints = (el.get(name) for el in message.page.elements for name in ("alt", "title"))
        title = " ".join(element.own_text for element in message.page.named("title"))
        yield "html", folded(" ".join([message.page.body.text, title, *filter(None, hints)]))
    if message.text:
        yield "text", folded(message.text)


def _unset(message: RenderedMessage) -> Iterator[Finding]:
    for element in message.page.elements if message.page else ():
        if element.tag not in ("style", "script") and _is_unset(element):
            words = element.own_text
            yield UNSET_VALUE.found(f"“{words[:60]}”", in_html(element), needle=words)
            break
    for line in (message.text or "").split("\n"):
        if UNSET.search(line.strip()):
            yield UNSET_VALUE.found(f"“{line.strip()[:60]}”", in_text(line.strip()))
            break


def _is_unset(element: Element) -> bool:
    return bool(UNSET.search(element.own_text)) if element.own_text else False


def _imported(facts: Facts) -> list[str]:
    """Quotes, names and facts from the catalogue."""
    return list(dict.fromkeys(folded(text) for text in facts.printed))


def _lookalikes(facts: Facts) -> list[str]:
    """Imported texts that look like a mistake of a template but are none; the longest first.

    Generated lines shorten a name that is too long for them, so its beginnings count too.
    """
    patterns = (REMNANT, PLACEHOLDER, DOUBLE_ESCAPED, HTML_TAG)
    texts = [text for text in _imported(facts) if any(p.search(text) for p in patterns)]
    lines = [folded(line) for line in (facts.subject, facts.preheader, facts.headline)]
    cut = {f"{begin}…" for text in texts for line in lines for begin in _beginnings(text, line)}
    return sorted({*texts, *cut}, key=len, reverse=True)


def _beginnings(text: str, line: str) -> Iterator[str]:
    """What of `text` stands in the line, cut by an ellipsis."""
    for match in re.finditer("…", line):
        before = line[: match.start()]
        sizes = range(min(len(text), len(before)), 0, -1)
        yield from (text[:size] for size in sizes if before.endswith(text[:size]))


ISSUE_CHECKS = (imported,)
CHECKS = (printed, headlines, postal_address)
