"""Markup that Outlook's Word engine or Gmail's style filter cannot handle."""

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
    "Outlook for Windows would hide or print everything after it.",
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
    "A style sheet that cannot be parsed",
    "Gmail drops a whole style element that has a mistake, dark colours included.",
    "Correct the rule.",
)
LARGE_CSS = warning(
    "CLI-013",
    "A style element larger than Gmail accepts",
    f"Gmail drops a style element of more than {GMAIL_STYLE:,} characters.",
    "Split it, or inline more.",
)
UNBALANCED = error(
    "CLI-014",
    "A tag is not closed, or closed twice",
    "Each program repairs it differently; in Outlook the layout breaks.",
    "Close it where it was opened.",
)
TOO_WIDE = error(
    "CLI-015",
    "Something is wider than 600 px",
    "Phones would shrink it until it is unreadable, or scroll sideways.",
    "Use at most 600 px, and width: 100% with a max-width.",
)
NO_DOCTYPE = warning(
    "CLI-016",
    "There is no doctype",
    "Browsers fall back to quirks mode.",
    "Start the HTML with <!doctype html>.",
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


def conditionals(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Every conditional comment is closed."""
    html = message.html or ""
    begun = len(re.findall(r"<!(?:--)?\[if\b", html))
    ended = len(re.findall(r"<!\[endif\]", html))
    if begun != ended:
        yield CONDITIONALS.found(f"{begun} begin and {ended} end", FindingPlace("html"))


def ghost_tables(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Blocks with a max-width have a conditional table directly before them."""
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
    """Style sheets can be parsed and are not too large."""
    for media, text in message.page.style_sheets if message.page else ():
        if problem := _css_problem(text, media):
            yield BROKEN_CSS.found(problem, FindingPlace("html", "style", text.strip()[:40]))
        if len(text) > GMAIL_STYLE:
            yield LARGE_CSS.found(f"{len(text):,} characters", FindingPlace("html", "style"))


def _css_problem(text: str, media: str) -> str | None:
    if text.count("{") != text.count("}"):
        return f"{text.count('{')} braces open and {text.count('}')} close"
    errors = read_sheet(text, media).errors
    return errors[0] if errors else None


def balance(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Every tag outside comments is closed once, in order."""
    reader = _Balance()
    reader.feed(_COMMENT.sub("", message.html or ""))
    reader.close()
    problem = reader.problem or (f"<{reader.open[-1]}> is never closed" if reader.open else None)
    if problem:
        yield UNBALANCED.found(problem, FindingPlace("html"))


class _Balance(HTMLParser):
    """Finds the first tag that is not balanced."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.open: list[str] = []
        self.problem: str | None = None

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in _VOID and not self.problem:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.problem or tag in _VOID:
            return
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            inside = f" inside <{self.open[-1]}>" if self.open else ""
            self.problem = f"</{tag}> closes nothing{inside}"


def widths(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """No element has a fixed width of more than 600 px."""
    for element in message.page.elements if message.page else ():
        styles = {style.name: style.value for style in declarations(element.get("style"))}
        for value in (element.get("width"), styles.get("width", ""), styles.get("min-width", "")):
            match = re.fullmatch(r"(\d+)(?:px)?", value.strip())
            if match and int(match[1]) > PHONE:
                yield TOO_WIDE.found(f"<{element.tag}> is {match[1]} px wide", in_html(element))
                return


def head(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """The page has a doctype, viewport and colour-scheme meta."""
    if message.page is None:
        return
    if not re.match(r"\s*<!doctype html", message.page.html, re.IGNORECASE):
        yield NO_DOCTYPE.found("the HTML does not begin with one", FindingPlace("html"))
    names = {element.get("name").lower() for element in message.page.named("meta")}
    if missing := sorted({"viewport", "color-scheme"} - names):
        yield NO_VIEWPORT.found(f"{' and '.join(missing)} missing", FindingPlace("html"))


CHECKS = (conditionals, ghost_tables, style_sheets, balance, widths, head)
