"""What Outlook's Word engine and Gmail's style filter stumble over in the markup itself."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from previews.markup.css import declarations, read_sheet
from previews.preflight.facts import Facts
from previews.preflight.finding import Finding, FindingPlace, error, in_html, warning
from previews.preflight.rendered_message import RenderedMessage

GMAIL_STYLE = 16_384
PHONE = 600

CONDITIONALS = error(
    "CLI-010",
    "An Outlook conditional comment is not closed",
    "Outlook for Windows would hide or print everything from there on.",
    "Give each <!--[if mso]> its <![endif]-->.",
)
MAX_WIDTH_ALONE = error(
    "CLI-011",
    "A max-width without a table for Outlook",
    "Outlook for Windows ignores max-width: the block becomes as wide as the window.",
    "Put a ghost table around it: <!--[if mso]><table width=…><tr><td><![endif]-->.",
)
BROKEN_CSS = error(
    "CLI-012",
    "A style sheet that cannot be read",
    "Gmail drops a whole style element with a mistake in it, dark colours and all.",
    "Correct the rule.",
)
LARGE_CSS = warning(
    "CLI-013",
    "A style element larger than Gmail takes",
    f"Gmail drops a style element of more than {GMAIL_STYLE:,} characters.",
    "Split it, or inline more.",
)
UNBALANCED = error(
    "CLI-014",
    "A tag is not closed, or closed twice",
    "Each program repairs it in another way; in Outlook the layout falls apart.",
    "Close it where it was opened.",
)
TOO_WIDE = error(
    "CLI-015",
    "Something is wider than 600 px",
    "Phones would show it smaller than it can be read, or scroll sideways.",
    "Use at most 600 px, and width: 100% with a max-width.",
)
NO_DOCTYPE = warning(
    "CLI-016",
    "There is no doctype",
    "Browsers fall back to the rules of 1998.",
    "Begin the HTML with <!doctype html>.",
)
NO_VIEWPORT = warning(
    "CLI-017",
    "There is no viewport or colour-scheme meta",
    "Phones scale the page down, and Apple Mail guesses the dark colours.",
    'Add <meta name="viewport" …> and <meta name="color-scheme" content="light dark">.',
)

_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
_GHOST = re.compile(
    r"<!--\[if mso[^\]]*\]>(?:(?!<!\[endif\]).)*<t[dr](?:(?!<!\[endif\]).)*<!\[endif\]-->\s*$",
    re.DOTALL,
)
_BOX = re.compile(
    r"<(?:div|table|td)\b[^>]*?style=\"([^\"]*max-width[^\"]*)\"[^>]*>", re.IGNORECASE
)
_VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
    ]
)
_LENIENT = frozenset(("html", "head", "body", "tbody", "thead", "tr", "td", "th", "p", "li"))


def conditionals(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """As many endings as beginnings."""
    html = message.html or ""
    begun = len(re.findall(r"<!(?:--)?\[if\b", html))
    ended = len(re.findall(r"<!\[endif\]", html))
    if begun != ended:
        yield CONDITIONALS.found(f"{begun} begin and {ended} end", FindingPlace("html"))


def ghost_tables(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Blocks of limited width have a conditional table directly before them."""
    html = message.html or ""
    body = html[html.find("<body") :]
    for match in _BOX.finditer(body):
        values = {
            style.name: style.value for style in declarations(match[1].replace("&quot;", "'"))
        }
        limit = re.fullmatch(r"([\d.]+)px", values.get("max-width", ""))
        fixed = re.fullmatch(r"[\d.]+px", values.get("width", ""))
        if (
            not limit
            or float(limit[1]) == 0
            or fixed
            or "display:none" in match[1].replace(" ", "")
        ):
            continue
        if not _GHOST.search(body[max(0, match.start() - 600) : match.start()]):
            place = FindingPlace("html", excerpt=match[0][:60])
            yield MAX_WIDTH_ALONE.found(f"max-width: {limit[0]} alone", place, needle="max-width")


def style_sheets(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Readable, and not too large."""
    for media, text in message.page.style_sheets if message.page else ():
        if trouble := _trouble(text, media):
            yield BROKEN_CSS.found(trouble, FindingPlace("html", "style", text.strip()[:40]))
        if len(text) > GMAIL_STYLE:
            yield LARGE_CSS.found(f"{len(text):,} characters", FindingPlace("html", "style"))


def _trouble(text: str, media: str) -> str | None:
    if text.count("{") != text.count("}"):
        return f"{text.count('{')} braces open and {text.count('}')} close"
    errors = read_sheet(text, media).errors
    return errors[0] if errors else None


def balance(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Every tag outside of comments is closed once, in order."""
    reader = _Balance()
    reader.feed(_COMMENT.sub("", message.html or ""))
    reader.close()
    trouble = reader.trouble or (f"<{reader.open[-1]}> is never closed" if reader.open else None)
    if trouble:
        yield UNBALANCED.found(trouble, FindingPlace("html"))


class _Balance(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.open: list[str] = []
        self.trouble: str | None = None

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in _VOID and not self.trouble:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.trouble or tag in _VOID:
            return
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            inside = f" inside <{self.open[-1]}>" if self.open else ""
            self.trouble = f"</{tag}> closes nothing{inside}"


def widths(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Nothing is fixed at more than 600 px."""
    for element in message.page.elements if message.page else ():
        styles = {style.name: style.value for style in declarations(element.get("style"))}
        for value in (element.get("width"), styles.get("width", ""), styles.get("min-width", "")):
            match = re.fullmatch(r"(\d+)(?:px)?", value.strip())
            if match and int(match[1]) > PHONE:
                yield TOO_WIDE.found(f"<{element.tag}> is {match[1]} px wide", in_html(element))
                return


def head(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Doctype, viewport, colour scheme."""
    if message.page is None:
        return
    if not re.match(r"\s*<!doctype html", message.page.html, re.IGNORECASE):
        yield NO_DOCTYPE.found("the HTML does not begin with one", FindingPlace("html"))
    names = {element.get("name").lower() for element in message.page.named("meta")}
    if missing := sorted({"viewport", "color-scheme"} - names):
        yield NO_VIEWPORT.found(f"{' and '.join(missing)} missing", FindingPlace("html"))


CHECKS = (conditionals, ghost_tables, style_sheets, balance, widths, head)
