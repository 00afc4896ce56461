"""Only tags are edited: words that look like markup stay, and cost no more than others."""

import re
import time
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.rendering.templates.inlining import inline_css
from digest.rendering.templates.page_tree import edit_page
from previews.markup.html_page import HtmlPage

CSS = "p { margin: 0; } .dark { color: #fff; } .btn { color: #000; }"
STYLE = "<style>.ship { color: red; } @media print { .pad { margin: 0; } }</style>"
LOOKALIKES = [
    'Set class="dark" on the body and class="btn ship"',
    "Set class='dark' and class=dark",
    'font-size:1px;color:#ffffff; is what hides it; style="color:#ffffff"',
    'Write <p class="x">{{ name }}</p>',
    "<style>.x { color: red }</style> and </style>",
    "<!--[if mso]> hidden <![endif]--><!--[if mso | IE]>",
    "<tbody><mj-text>]]></tbody> <![CDATA[x]]>",
    "&amp; &lt;b&gt; &#39; &nbsp; &zwnj;",
    ' data-css-inline="ignore" <style data-css-inline="ignore">',
    '"quoted" \\ back\\slash \' and `ticks`',
    "Write to ann.lee@example.org at http://localhost:8000/a.b?c=d or Otter.ai.",
    "שלום world \u200f!\u200e and e\u0301\u0323, 👩‍💻 👍🏽",
]


def page_of(text: str) -> str:
    words = escape(text)
    return (
        f"<!doctype html><html><head><title>{words}</title>{STYLE}</head><body>"
        '<div style="display:none;font-size:1px;color:#ffffff;">hidden</div>'
        f'<div role="article" aria-label="{words}"><p class="dark ship pad">{words}</p></div>'
        "</body></html>"
    )


def edited(text: str) -> HtmlPage:
    return HtmlPage(edit_page(inline_css(page_of(text), CSS)))


def words_of(page: HtmlPage, tag: str) -> str:
    return "".join(map(str, page.named(tag)[0].pieces))


@pytest.mark.parametrize("text", LOOKALIKES)
def test_words_that_look_like_markup_stay_as_they_were_written(text: str) -> None:
    page = edited(text)
    assert words_of(page, "p") == text
    assert words_of(page, "title") == text
    article = next(element for element in page.elements if element.get("role") == "article")
    assert article.get("aria-label") == text
    paragraph = page.named("p")[0]
    assert paragraph.get("class") == "ship pad"
    assert paragraph.get("style") == "margin:0;color:#fff"
    assert page.named("div")[0].get("style") == "display:none;font-size:1px;"


@given(st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=80))
def test_any_text_stays_as_it_was_written(text: str) -> None:
    page = edited(f"x{text}x")
    assert words_of(page, "p") == f"x{text}x"
    assert words_of(page, "title") == f"x{text}x"


@pytest.mark.parametrize(
    "name",
    ["Otter.ai", "Node.js", "monday.com", "v0.dev", "ASP.NET", "bücher.example", "a.do-main.co.uk"],
)
def test_a_name_like_a_domain_is_no_link_for_mail_programs_and_whole_for_people(name: str) -> None:
    page = edit_page(page_of(f"Is {name} any good?"))
    paragraph = page.partition("<p")[2].partition("</p>")[0]
    texts = re.split(r"<[^>]*>", paragraph)
    assert not any(re.search(r"\w\.[^\W\d]{2}", text) for text in texts), "no text has the name"
    assert words_of(HtmlPage(page), "p") == f"Is {name} any good?", "no character was added"


@pytest.mark.parametrize("url", ["http://localhost/x", "https://198.51.100.7/", "ftp://x.example"])
def test_a_bare_address_in_a_quote_is_no_link(url: str) -> None:
    page = edit_page(page_of(f"See {url} for more"))
    paragraph = page.partition("<p")[2].partition("</p>")[0]
    assert "://" not in re.sub(r"<span>.*?</span>", "", paragraph)
    assert words_of(HtmlPage(page), "p") == f"See {url} for more"


@pytest.mark.parametrize(
    "text", ["SmolAgents 2.0", "e.g. this", "3.5 and 1.2.3", "It ends. So", "…"]
)
def test_other_texts_are_left_alone(text: str) -> None:
    assert "<span>" not in edit_page(page_of(text))


def test_a_link_of_our_own_keeps_its_words_in_one_piece() -> None:
    html = (
        '<p><a href="https://digest.example.org/x">https://digest.example.org/<b>x.yz</b></a></p>'
    )
    assert html in edit_page(html)


def test_a_class_that_only_a_conditional_comment_styles_is_kept() -> None:
    html = (
        '<!--[if mso]><style>.gap { line-height: 1px; }</style><![endif]--><p class="gap x">a</p>'
    )
    assert '<p class="gap">' in edit_page(f"<html><head></head><body>{html}</body></html>")


WORST = [
    ' class="dark"',
    "class=",
    "<style",
    "<!--",
    "<![endif]--><!--[if mso | IE]>",
    "a.bb",
    "://",
    '"',
    "\u00a0 ",
    "&",
    "<a ",
]


@pytest.mark.parametrize("piece", WORST)
def test_a_megabyte_of_the_worst_text_takes_time_in_proportion(piece: str) -> None:
    """Eight times as much takes about eight times as long, and not 64 times."""

    def seconds(size: int) -> float:
        html = inline_css(page_of(piece * (size // len(piece))), CSS)
        start = time.process_time()
        edit_page(html)
        return time.process_time() - start

    small = seconds(125_000)
    assert seconds(1_000_000) < 30 * max(small, 0.01)
