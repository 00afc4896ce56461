"""Mistakes in the HTML: links, mail programs, accessibility."""

from collections.abc import Callable

from tests.unit.previews.preflight.seeding import (
    PREFERENCES,
    UNSUBSCRIBE,
    Case,
    Seed,
    printed,
    templated,
)

ARCHIVE = 'href="{{ links.archive }}"'
FOOTER = "footer.mjml.j2"
ISSUE = "issue.mjml.j2"
STYLE = "shared/dark.mjml.j2"
INLINE = "shared/inline.css"
GHOST = (
    '<!--[if mso]><table role="presentation" width="544" cellpadding="0" cellspacing="0"><tr>'
    "<![endif]-->"
)
GHOST_CELL = (
    '<!--[if mso]><td width="272" valign="top"{% if side.rtl %} dir="rtl"{% endif %} '
    'style="padding: 10px 20px 16px 0;"><![endif]-->'
)
LEAD = '<p class="lead">{{ issue.sentence }}</p>'


def _link(address: str, text: str = "the report") -> tuple[str, str]:
    """A link after the sentence, to what is no page."""
    return LEAD, f'{LEAD}<p>Read <a href="{address}">{text}</a> on the survey behind it.</p>'


def _both(address: str, words: str = "the report") -> Callable[[], Case]:
    """A link in both parts."""
    html = (
        "one that should have asked first.</p>",
        f'one that should have asked first.</p><p>Read <a href="{address}">{words}</a> on it.</p>',
    )
    return printed(html=html, text=("first.\n", f"first.\n{address}\n"))


SEEDS = [
    Seed("LNK-001", "a relative link", templated(ISSUE, *_link("/about"))),
    Seed("LNK-001", "a link without a host", templated(ISSUE, *_link("https:///about"))),
    Seed("LNK-002", "an ftp link", templated(ISSUE, *_link("ftp://example.org/file"))),
    Seed("LNK-003", "a merge tag in a link", templated(ISSUE, *_link("*|ARCHIVE|*"))),
    Seed(
        "LNK-003",
        "an expression in a link",
        printed(
            html=('href="https://digest.example.org/issues"', 'href="{{ links.archive }}"'),
            text=("All issues: https://digest.example.org/issues", "All issues"),
        ),
    ),
    Seed("LNK-004", "a link to this machine", _both("http://127.0.0.1:8000/issues/42")),
    Seed("LNK-004", "a link into the private network", _both("https://10.1.2.3/wiki")),
    Seed("LNK-005", "an empty link", templated(ISSUE, *_link(""))),
    Seed("LNK-005", "a link to #", templated(ISSUE, *_link("#"))),
    Seed("LNK-006", "a plain http link", _both("http://example.com/report")),
    Seed("LNK-007", "a very long link", _both(f"https://example.com/{'a' * 2000}")),
    Seed("LNK-008", "a password in a link", _both("https://ann:secret@example.com/report")),
    Seed("LNK-009", "a shortener", _both("https://bit.ly/3abcdef")),
    Seed(
        "LNK-010",
        "a link that shows another site",
        _both("https://example.net/x", "bank.example.com"),
    ),
    Seed("LNK-011", "a host in Cyrillic letters", _both("https://пример.example/x")),
    Seed(
        "LNK-020",
        "no unsubscribe link in the text",
        printed(text=(f"Unsubscribe:\n{UNSUBSCRIBE}\n", "")),
    ),
    Seed(
        "LNK-020",
        "no unsubscribe link in the HTML",
        printed(html=(f'href="{UNSUBSCRIBE}"', "")),
    ),
    Seed("LNK-021", "no preferences in the HTML", printed(html=(f'href="{PREFERENCES}"', ""))),
    Seed("LNK-021", "no preferences in the text", printed(text=(PREFERENCES, "see the HTML"))),
    Seed(
        "LNK-022",
        "the unsubscribe link of another reader",
        printed(
            html=(f'href="{UNSUBSCRIBE}"', 'href="https://digest.example.org/unsubscribe/preview"'),
            text=(UNSUBSCRIBE, f"{UNSUBSCRIBE}\nhttps://digest.example.org/unsubscribe/preview"),
        ),
    ),
    Seed(
        "LNK-023",
        "an unsubscribe link that says something else",
        templated(FOOTER, ">Unsubscribe<", ">Manage<"),
    ),
    Seed("CLI-001", "flex", templated(INLINE, ".columns {", ".columns { display: flex;")),
    Seed(
        "CLI-001",
        "grid",
        templated(
            STYLE,
            "@media (max-width: 599px) {",
            "@media (max-width: 599px) {\n.column { display: grid; }",
        ),
    ),
    Seed(
        "CLI-002",
        "a positioned element",
        templated(INLINE, ".inner {", ".inner { position: relative;"),
    ),
    Seed(
        "CLI-003",
        "a background image",
        templated(
            INLINE, ".masthead {", ".masthead { background-image: url(https://example.com/a.png);"
        ),
    ),
    Seed(
        "CLI-004", "a form", printed(html=("<h1", '<form action="https://example.com/"></form><h1'))
    ),
    Seed("CLI-004", "a script", printed(html=("<h1", "<script>alert(1)</script><h1"))),
    Seed("CLI-004", "a handler", printed(html=("<h1", '<h1 onclick="x()"'))),
    Seed(
        "CLI-004",
        "a video",
        printed(html=("<h1", '<video src="https://example.com/a.mp4"></video><h1')),
    ),
    Seed(
        "CLI-005",
        "a style sheet from elsewhere",
        printed(
            html=("</head>", '<link rel="stylesheet" href="https://example.com/a.css"></head>')
        ),
    ),
    Seed(
        "CLI-005",
        "an @import",
        printed(html=(":root {", "@import url(https://example.com/a.css); :root {")),
    ),
    Seed("CLI-006", "a CSS variable", printed(html=('<h1 style="', '<h1 style="--ink:#000;'))),
    Seed(
        "CLI-007", "an inline SVG", printed(html=("<h1", '<svg width="10" height="10"></svg><h1'))
    ),
    Seed(
        "CLI-008",
        "a WebP picture",
        printed(
            html=(
                "<h1",
                '<img src="https://example.com/a.webp" alt="A chart" width="100"><h1',
            )
        ),
    ),
    Seed(
        "CLI-008",
        "a picture in the HTML itself",
        printed(
            html=(
                "<h1",
                '<img src="data:image/png;base64,AAAA" alt="A chart of the week" width="100"><h1',
            )
        ),
    ),
    Seed(
        "CLI-010",
        "a conditional comment that is not closed",
        printed(
            html=(
                "<!--[if mso | IE]></td></tr></table><![endif]--></div></body>",
                "<!--[if mso | IE]></td></tr></table>--></div></body>",
            )
        ),
    ),
    Seed(
        "CLI-011",
        "max-width alone",
        templated(
            "card.mjml.j2",
            GHOST,
            "",
            "<!--[if mso]></td><![endif]-->",
            "",
            "<!--[if mso]></tr></table><![endif]-->",
            "",
            GHOST_CELL,
            "",
        ),
    ),
    Seed(
        "CLI-012",
        "a style sheet with an open brace",
        printed(html=("@media (max-width: 599px) {", "@media (max-width: 599px) { .x {")),
    ),
    Seed(
        "CLI-013",
        "a style sheet larger than Gmail takes",
        printed(html=(":root {", f"/* {'x' * 17_000} */ :root {{")),
    ),
    Seed(
        "CLI-014",
        "a table that is not closed",
        printed(
            html=(
                "</table></div></td></tr></table></td></tr></table></div><!--[if",
                "</div></td></tr></table></td></tr></table></div><!--[if",
            )
        ),
    ),
    Seed("CLI-014", "a span closed twice", printed(html=("</h1>", "</span></h1>"))),
    Seed(
        "CLI-015",
        "a table of 800 px",
        printed(
            html=(
                '<table role="presentation" width="100%"',
                '<table role="presentation" width="800"',
            )
        ),
    ),
    Seed("CLI-016", "no doctype", printed(html=("<!DOCTYPE html>", ""))),
    Seed("CLI-017", "no viewport", printed(html=('<meta name="viewport"', '<meta name="other"'))),
    Seed(
        "CLI-020",
        "a feature that many lack",
        printed(html=('<h1 style="', '<h1 style="mix-blend-mode:multiply;')),
    ),
    Seed(
        "A11-001",
        "grey on white",
        templated(
            INLINE,
            "line-height: 20px; color: #57534e; }\n.lead",
            "line-height: 20px; color: #a8a29e; }\n.lead",
        ),
    ),
    Seed(
        "A11-002",
        "dark on dark",
        templated(STYLE, "color: #c4beb8 !important", "color: #44403c !important"),
    ),
    Seed(
        "A11-003",
        "colours that meet when turned",
        printed(
            html=(
                'color:#fff;background-color:#854d0e">SPLIT',
                'color:#180353;background-color:#f800df">SPLIT',
            )
        ),
    ),
    Seed(
        "A11-003",
        "a middling green that only Gmail's app turns into another",
        printed(
            html=(
                'color:#fff;background-color:#854d0e">SPLIT',
                'color:#14532d;background-color:#4ade80">SPLIT',
            )
        ),
    ),
    Seed("A11-010", "no language", printed(html=('<html lang="en"', "<html"))),
    Seed("A11-011", "no direction", printed(html=('<html lang="en" dir="ltr"', '<html lang="en"'))),
    Seed(
        "A11-012",
        "a picture without alt",
        printed(html=("<h1", '<img src="https://example.com/a.png" width="100"><h1')),
    ),
    Seed(
        "A11-013",
        "a picture called image",
        printed(html=("<h1", '<img src="https://example.com/a.png" alt="image" width="100"><h1')),
    ),
    Seed(
        "A11-020",
        "two h1",
        printed(html=('<p class="lead"', '<h1>At a glance</h1><p class="lead"')),
    ),
    Seed(
        "A11-020",
        "no h1",
        templated(ISSUE, "<h1>", "<h2>", "</h1>", "</h2>"),
    ),
    Seed(
        "A11-021",
        "h4 after h1",
        templated("glance.mjml.j2", "<h2 class", "<h3 class", "</h2>", "</h3>"),
    ),
    Seed("A11-022", "an empty heading", printed(html=("<h1", "<h2></h2><h1"))),
    Seed(
        "A11-030",
        "a layout table without a role",
        printed(html=('<table role="presentation" width="100%"', '<table width="100%"')),
    ),
    Seed(
        "A11-031",
        "a header cell without scope",
        printed(html=("<h1", "<table><tr><th>At a glance</th></tr></table><h1")),
    ),
    Seed(
        "A11-032",
        "no title",
        printed(html=("<title>Ferry flips to split; Quarry ships</title>", "")),
    ),
    Seed(
        "A11-040",
        "text of 11 px",
        templated(
            INLINE,
            ".by { margin: 4px 0 0; font-size: 14px",
            ".by { margin: 4px 0 0; font-size: 11px",
        ),
    ),
    Seed(
        "A11-041",
        "a link of one line's height",
        templated(
            INLINE, ".link { display: inline-block; padding: 9px 0;", ".link { line-height: 20px;"
        ),
    ),
    Seed(
        "A11-042",
        "a link of 32 px",
        templated(
            INLINE,
            ".link { display: inline-block; padding: 9px 0;",
            ".link { display: inline-block; padding: 3px 0;",
        ),
    ),
    Seed("A11-050", "click here", _both("https://example.com/report", "click here")),
    Seed("A11-051", "a link without words", _both("https://example.com/report", "")),
    Seed("A11-052", "the same words for two pages", printed(html=(">Feed<", ">All issues<"))),
]
