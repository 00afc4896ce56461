"""What an issue says, in HTML and in text, and how large it gets."""

import itertools
import re
import time
from html.parser import HTMLParser

import pytest

from digest.rendering.content.issue_content import Card, IssueContent, Quote, Side, Site
from digest.rendering.errors import MessageError
from digest.rendering.issue import MOST_BYTES, compile_issue
from digest.rendering.message.reader_slots import ReaderValues
from digest.rendering.templates.template_set import TemplateSet, load_templates
from previews.markup.html_page import HtmlPage, folded

TABLET = "لوح Pro (تجريبي)"


class Page(HTMLParser):
    """Tags, links and visible text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._hidden = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._hidden += tag in ("style", "title")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words += data.split()

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def html(content: IssueContent, site: Site, weekly: TemplateSet, reader: ReaderValues) -> str:
    return compile_issue(content, site, weekly).html(reader)


@pytest.fixture(scope="module")
def text(content: IssueContent, site: Site, weekly: TemplateSet, reader: ReaderValues) -> str:
    return compile_issue(content, site, weekly).text(reader)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_both_parts_contain_every_verdict_name_and_quote(
    content: IssueContent, page: Page, text: str
) -> None:
    folded = " ".join(text.split())
    for line in content.glance:
        assert f"{line.verdict.label} {line.name}" in page.text
        assert f"[{line.verdict.label}] {line.name}" in folded
    for card in content.cards:
        for side in (card.left, card.right):
            for quote in side.quotes:
                assert f"“{quote.text}”" in page.text
                assert f"“{quote.text}”" in folded
    for flip in content.flips:
        assert f"{flip.before.label} → {flip.after.label}" in page.text
        assert f"{flip.name}: {flip.before.label} → {flip.after.label}" in folded


def test_both_parts_have_the_same_links(page: Page, text: str) -> None:
    in_page = {attributes["href"] for attributes in page.all("a")}
    assert in_page == set(re.findall(r"https://\S+", text))
    assert "https://digest.example.org/issues/42" in in_page
    assert "https://digest.example.org/compare/lantern-3-vs-ferry" in in_page
    assert "https://digest.example.org/issues" in in_page
    assert "https://digest.example.org/feed.xml" in in_page


def test_a_verdict_in_text_shows_its_counts(text: str) -> None:
    assert "[SHIP] Lantern 3: 75% (3 ship / 1 skip)\n" in text
    assert "[NO TAKE] بونساي ٢\n" in text


def test_text_lines_have_72_columns_except_for_bare_links(text: str) -> None:
    assert all(len(line) <= 72 or line.startswith("https://") for line in text.split("\n"))


def test_a_tool_shown_before_says_see_above(page: Page, text: str) -> None:
    assert page.text.count("See above for its panel") == 2
    assert text.count("See above for its panel") == 2


def test_unknown_facts_are_not_printed(page: Page, text: str) -> None:
    assert "None" not in page.text
    assert "None" not in text
    assert "Free Community: 128 votes Best for: Small teams" in page.text
    assert "\nFree\nCommunity: 128 votes\nBest for: Small teams" in text
    assert "No panel yet" in page.text


def test_quotes_are_attributed_where_the_reviewer_is_known(page: Page, text: str) -> None:
    assert "Builder · 84/100 · ship" in page.text
    assert "— Builder, 84/100, ship" in text
    assert "same product.” “For my own" in page.text


def test_best_for_is_left_out_if_it_repeats_the_tagline(
    content: IssueContent, site: Site, weekly: TemplateSet, reader: ReaderValues
) -> None:
    def same(card: Card) -> Card:
        tool = card.left.tool.model_copy(update={"best_for": card.left.tool.tagline + "."})
        return card.model_copy(update={"left": card.left.model_copy(update={"tool": tool})})

    twice = content.model_copy(update={"cards": (same(content.cards[0]),)})
    assert "Best for" not in compile_issue(twice, site, weekly).html(reader)


def test_the_page_is_accessible_in_its_structure(page: Page) -> None:
    assert page.all("html")[0]["lang"] == "en"
    assert page.all("html")[0]["dir"] == "ltr"
    assert len(page.all("h1")) == 1
    assert all(table.get("role") == "presentation" for table in page.all("table"))
    assert page.all("img") == []
    names = [meta.get("name") for meta in page.all("meta")]
    assert {"color-scheme", "supported-color-schemes", "viewport"} <= set(names)
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))


def test_a_tool_with_a_right_to_left_name_is_aligned_to_the_right_of_its_column(html: str) -> None:
    column = html.rpartition("بونساي ٢</h3>")[0].rpartition("<!--[if mso]><td")[2]
    assert ' dir="rtl" style="padding:' in column.partition("<![endif]-->")[0]
    assert '<div class="inner" dir="rtl" style="' in column
    assert "text-align:right" in column
    assert html.count('<div class="inner" dir="rtl"') == 1
    assert '<td dir="ltr"' in html.rpartition("بونساي ٢</h3>")[2], "its count is English"


def test_a_right_to_left_name_keeps_its_order_in_every_line(
    content: IssueContent, site: Site, weekly: TemplateSet, reader: ReaderValues
) -> None:
    card = content.cards[0]
    tool = card.left.tool.model_copy(update={"name": TABLET, "short_name": TABLET})
    side = card.left.model_copy(update={"tool": tool})
    update = {"left": side, "category": "بحث (AI)", "group": None}
    headline = f"{TABLET} ships 3–1, Ferry <3 splits"
    told = content.model_copy(
        update={"cards": (card.model_copy(update=update),), "headline": headline}
    )
    html = compile_issue(told, site, weekly).html(reader)
    isolated = f'<span dir="rtl">{TABLET}</span>'
    assert f"{isolated} ships <nobr>" in html
    assert '<span dir="rtl">بحث (AI)</span></p>' in html
    assert f"{isolated} <span" in html.partition("<h2")[2]
    assert f"The panel on {isolated}<" in html
    assert f"Compare {isolated} and " in html


def test_a_right_to_left_flip_is_on_the_right_and_its_arrow_points_to_the_new_verdict(
    content: IssueContent, site: Site, weekly: TemplateSet, reader: ReaderValues
) -> None:
    flip = content.flips[0].model_copy(update={"name": TABLET, "why": "3 of 4 ship, now 1 of 4"})
    flips = (flip, content.flips[0].model_copy(update={"why": "غيّر Skeptic رأيه."}))
    html = compile_issue(content.model_copy(update={"flips": flips}), site, weekly).html(reader)
    turned, usual = html.partition("Changed verdicts")[2].split('<td class="flip"')[1:]
    cell = turned.partition(">")[0]
    assert 'dir="rtl"' in cell
    assert 'align="right"' in cell
    assert ">←</td>" in turned
    assert '<td dir="ltr"' in turned, "its date is English"
    assert '<p dir="ltr"' in turned, "and so is the reason"
    assert "dir=" not in usual.partition(">")[0]
    assert ">→</td>" in usual
    assert '<p dir="rtl"' in usual


def test_an_empty_cell_has_no_height_in_outlook(html: str) -> None:
    empty = re.findall(r'<tr><td( class="gap")? height="\d+"></td></tr>', html)
    bars = html.count('aria-hidden="true"')
    assert empty.count("") == bars, "a bar's lines are of 8 px throughout"
    assert len(empty) > bars
    outlook = html.partition("<!--[if mso]><style>")[2].partition("</style>")[0]
    assert ".gap { line-height: 1px; mso-line-height-rule: exactly; }" in outlook


def test_a_right_to_left_quote_has_its_rule_on_the_right(
    content: IssueContent, site: Site, weekly: TemplateSet, reader: ReaderValues
) -> None:
    card = content.cards[0]
    quote = card.left.quotes[0].model_copy(update={"text": "قرأت الملخص ثم سمعت التسجيل."})
    side = card.left.model_copy(update={"quotes": (quote, card.left.quotes[1])})
    spoken = content.model_copy(update={"cards": (card.model_copy(update={"left": side}),)})
    html = compile_issue(spoken, site, weekly).html(reader)
    cell = html.partition('<p dir="rtl"')[0].rpartition("<td ")[2]
    assert 'align="right"' in cell
    assert "border-right:4px solid #166534" in cell
    assert "border-left" not in cell
    assert html.count('<td class="quote-rtl ') == 1


def test_the_headline_never_breaks_within_a_count(
    content: IssueContent, site: Site, weekly: TemplateSet, reader: ReaderValues
) -> None:
    told = content.model_copy(update={"headline": "Lantern 3 ships 3–1, Ferry <3 splits"})
    html = compile_issue(told, site, weekly).html(reader)
    assert (
        '<nobr><span style="white-space:nowrap">3–1</span></nobr>, Ferry &lt;3&nbsp;splits<' in html
    )


def test_spacing_uses_properties_that_outlook_supports(html: str) -> None:
    """Word knows padding of table cells only; elsewhere it takes margins."""
    padded = set(re.findall(r"<(\w+)\b[^>]*style=\"[^\"]*padding", html))
    assert padded <= {"td", "a", "div"}


def test_apple_mail_makes_no_links_of_dates_or_addresses_and_shows_none(
    page: Page, html: str
) -> None:
    (content,) = [m["content"] for m in page.all("meta") if m.get("name") == "format-detection"]
    assert content == "telephone=no, date=no, address=no, email=no, url=no"
    assert "a[x-apple-data-detectors] { color: inherit !important;" in html


def test_nothing_is_fetched_and_nothing_runs(html: str) -> None:
    assert not re.search(r"<script|@import|<link|src=|url\(", html)


def test_the_preheader_comes_first_and_is_padded(content: IssueContent, html: str) -> None:
    body = html.partition("<body")[2]
    hidden = re.search(r'<div style="display:none[^"]*">([^<]*)</div>', body)
    assert hidden
    assert (
        hidden[1]
        .replace("&amp;", "&")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .startswith(content.preheader)
    )
    assert len(hidden[1]) > len(content.preheader) + 120


def test_outlook_gets_tables_and_its_own_dark_colours(html: str) -> None:
    assert '<!--[if mso]><table role="presentation" width="544"' in html
    assert "[data-ogsc] .ship" in html
    assert "@media (prefers-color-scheme: dark)" in html


HOSTILE = (
    '<script>alert("x")</script>{{ 7 * 7 }}{% raw %}<mj-text>\r\nBcc: x@y.org\x00\ufdd00:1\ufdd1'
)


def test_names_and_quotes_are_escaped(
    content: IssueContent, site: Site, weekly: TemplateSet, reader: ReaderValues
) -> None:
    def hostile(side: Side) -> Side:
        fields = ("name", "short_name", "tagline", "entry", "best_for", "community")
        tool = side.tool.model_copy(update=dict.fromkeys(fields, HOSTILE))
        quote = Quote(tool=HOSTILE, persona=HOSTILE, score=1, verdict=HOSTILE, text=HOSTILE)
        return Side(tool=tool, quotes=(quote,))

    cards = tuple(
        card.model_copy(
            update={"left": hostile(card.left), "right": hostile(card.right), "category": HOSTILE}
        )
        for card in content.cards
    )
    bad = content.model_copy(
        update={"cards": cards, "headline": HOSTILE, "sentence": HOSTILE, "preheader": HOSTILE}
    )
    message = compile_issue(bad, site, weekly)
    page = message.html(reader)
    assert "<script" not in page
    assert "{{ 7 * 7 }}" in page
    assert "<mj-" not in page
    assert "\x00" not in message.text(reader)
    head = message.fill(reader).partition(b"\r\n\r\n")[0]
    assert b"Bcc" not in head


WRITTEN = [
    'Set class="dark" on the body and class="btn ship" on the button',
    'Write <p class="x">{{ name }}</p>, or {% if x %}',
    "font-size:1px;color:#ffffff; hides it, <tbody> does not",
    "<!--[if mso]> ]]> <mj-text> &amp; &lt; <![endif]--><!--[if mso | IE]>",
    "Otter.ai and Node.js at http://localhost/x, or ann@example.org",
    "C:\\tools \\n 'single' \"double\" `ticks` e\u0301 👩\u200d💻",
]


@pytest.mark.parametrize("words", WRITTEN)
def test_words_go_out_as_they_were_written(
    content: IssueContent, site: Site, weekly: TemplateSet, reader: ReaderValues, words: str
) -> None:
    card = content.cards[0]
    fields = ("name", "short_name", "tagline", "entry", "best_for", "community")
    tool = card.left.tool.model_copy(update=dict.fromkeys(fields, words))
    quote = card.left.quotes[0].model_copy(update={"text": words, "persona": words})
    side = Side(tool=tool.model_copy(update={"best_for": f"{words}!"}), quotes=(quote,))
    flip = content.flips[0].model_copy(update={"name": words, "why": words})
    update = {"left": side, "category": words}
    told = content.model_copy(
        update={
            "cards": (card.model_copy(update=update),),
            "glance": (content.glance[0].model_copy(update={"name": words}),),
            "flips": (flip,),
            **dict.fromkeys(("subject", "preheader", "headline", "sentence"), words),
        }
    )
    message = compile_issue(told, site, weekly)
    page, text = HtmlPage(message.html(reader)), " ".join(message.text(reader).split())
    assert page.named("title")[0].own_text == folded(words)
    labels = [element.get("aria-label") for element in page.elements if element.get("role")]
    assert words in labels
    assert page.body.text.count(folded(words)) == text.count(words) + len(["preheader"])


@pytest.mark.parametrize("field", ["subject", "edition_name"])
def test_a_line_break_in_a_header_is_refused(
    content: IssueContent, site: Site, weekly: TemplateSet, field: str
) -> None:
    broken = content.model_copy(update={field: "x\r\nBcc: y@z.org"})
    with pytest.raises(MessageError):
        compile_issue(broken, site, weekly)


def test_the_web_version_has_no_reader_but_a_sign_up_link(
    content: IssueContent, site: Site, weekly: TemplateSet
) -> None:
    message = compile_issue(content, site, weekly, "web")
    page = Page(message.html())
    assert "Sign up for Weekly AI Tool Verdicts" in page.text
    assert "Unsubscribe" not in page.text
    assert "View in browser" not in page.text
    assert len(message.html_segments) == len(message.text_segments) == 1
    with pytest.raises(ValueError, match="no variant"):
        compile_issue(content, site, weekly, "nonsense")


def test_content_that_looks_like_a_slot_stays_text(
    content: IssueContent, site: Site, weekly: TemplateSet, reader: ReaderValues
) -> None:
    odd = content.model_copy(update={"sentence": "unsubscribe_url {{ reader.address }} slot-0-"})
    page = HtmlPage(compile_issue(odd, site, weekly).html(reader))
    assert "unsubscribe_url {{ reader.address }} slot-0-" in page.body.text


@pytest.fixture(scope="module")
def eight_large(content: IssueContent) -> IssueContent:
    """As much as eight cards can hold: long names, facts, and four full quotes each."""

    def side(side: Side, number: int) -> Side:
        tool = side.tool.model_copy(
            update={
                "name": f"A tool with a rather long name and a number, which is {number}",
                "short_name": f"A tool of number {number}",
                "tagline": "A tagline that takes up every character. " * 5,
                "best_for": "People who have a lot of room to fill and fill it. " * 5,
            }
        )
        quote = Quote(tool="x", persona="Futurist", score=80, verdict="ship", text="say " * 49)
        return Side(tool=tool, quotes=(quote, quote))

    card = content.cards[0]
    cards = tuple(
        card.model_copy(update={"left": side(card.left, n), "right": side(card.right, n + 8)})
        for n in range(8)
    )
    return content.model_copy(update={"cards": cards, "glance": (content.glance * 3)[:16]})


def test_eight_large_cards_stay_within_the_budget(
    eight_large: IssueContent, site: Site, weekly: TemplateSet, reader: ReaderValues
) -> None:
    size = compile_issue(eight_large, site, weekly).html_size(reader)
    assert size < 0.9 * MOST_BYTES


def test_eight_cards_compile_quickly_in_all_variants(eight_large: IssueContent, site: Site) -> None:
    """The target is 50 ms; three times that is left for a slower or a shared core.

    Time of this process' own, the best of some: what else the machine does counts for nothing.
    """
    templates = load_templates("weekly")
    compile_issue(eight_large, site, templates)
    best = min(_seconds(eight_large, site, templates) for _ in range(5))
    assert best < 0.15


def _seconds(content: IssueContent, site: Site, templates: TemplateSet) -> float:
    start = time.process_time()
    for variant in ("all", "web"):
        compile_issue(content, site, templates, variant)
    return time.process_time() - start
