"""The mail as a browser lays it out: columns, sizes, schemes, and without its styles."""

import re
from typing import Any

import pytest

from digest.rendering.content.issue_content import IssueContent, Site
from digest.rendering.issue import compile_issue
from digest.rendering.templates.template_set import ROOT, load_templates
from digest.rendering.transactional_message import compile_transactional
from previews.browser import Browser
from tests.unit.rendering.test_design import contrast

pytestmark = pytest.mark.browser

SITE = Site(
    public_url="https://digest.example.org",
    sender="Weekly Verdicts <digest@news.example.org>",
    postal_address="1 Test Street, 10115 Berlin",
    site_name="Weekly AI Tool Verdicts",
)
COLUMNS = """[...document.querySelectorAll('h3')].slice(0, 2).map(h => {
    const box = h.getBoundingClientRect(); return [box.left, box.top]; })"""
OVERFLOW = "document.documentElement.scrollWidth"
LINKS = """[...document.querySelectorAll('a')].map(a => a.getBoundingClientRect().height)"""
SMALL = """[...document.querySelectorAll('body *')].filter(e =>
    [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim() > '') &&
    e.getClientRects().length && parseFloat(getComputedStyle(e).fontSize) < 14 &&
    e.textContent.replace(/\\u00a0/g, '').trim()).map(e => e.outerHTML.slice(0, 200))"""
PAIRS = """[...document.querySelectorAll('body *')].filter(e =>
    [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) &&
    e.getClientRects().length).map(e => {
        let under = e;
        while (under && getComputedStyle(under).backgroundColor === 'rgba(0, 0, 0, 0)')
            under = under.parentElement;
        return [getComputedStyle(e).color,
                under ? getComputedStyle(under).backgroundColor : 'rgb(255, 255, 255)',
                e.textContent.trim().slice(0, 40)]; })"""


@pytest.fixture(scope="module")
def html() -> str:
    sample = (ROOT / "weekly" / "sample.json").read_text("utf-8")
    content = IssueContent.model_validate_json(sample)
    message = compile_issue(content, SITE, load_templates("weekly"))
    slots = dict.fromkeys(message.html_segments[1::2], "https://digest.example.org/x")
    segments = message.html_segments
    return "".join(slots[part] if at % 2 else part for at, part in enumerate(segments))


@pytest.fixture(scope="module")
def letter() -> str:
    context = {
        "confirm_url": "https://digest.example.org/confirm/" + "t" * 40,
        "edition_name": "Weekly AI Tool Verdicts",
        "requested_on": "8 December 2026",
        "valid_hours": 48,
    }
    message = compile_transactional("confirmation", context, SITE, load_templates("confirmation"))
    return "reader@example.net".join(message.html_segments[::2])


def without_styles(html: str) -> str:
    return re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)


@pytest.mark.parametrize("strip", [False, True], ids=["styled", "styles stripped"])
def test_columns_stand_side_by_side_at_600_and_stack_at_375(
    still_browser: Browser, html: str, strip: bool
) -> None:
    page = without_styles(html) if strip else html
    still_browser.show(page, width=616 if strip else 600)
    (left, top), (other_left, other_top) = still_browser.page.evaluate(COLUMNS)
    assert other_left > left + 200
    assert other_top == top
    still_browser.show(page, width=375)
    (left, top), (other_left, other_top) = still_browser.page.evaluate(COLUMNS)
    assert other_left == left
    assert other_top > top


@pytest.mark.parametrize("width", [320, 375, 600, 640, 1280])
def test_nothing_overflows_the_width(
    still_browser: Browser, html: str, letter: str, width: int
) -> None:
    for page in (html, letter):
        still_browser.show(page, width=width)
        assert still_browser.page.evaluate(OVERFLOW) <= width


def test_text_is_never_small_and_links_are_easy_to_hit(
    still_browser: Browser, html: str, letter: str
) -> None:
    for page in (html, letter):
        still_browser.show(page, width=375)
        assert still_browser.page.evaluate(SMALL) == []
        assert min(still_browser.page.evaluate(LINKS)) >= 44


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_has_contrast(
    still_browser: Browser, html: str, letter: str, dark: bool
) -> None:
    for page in (html, letter):
        still_browser.show(page, width=640, dark=dark)
        pairs = still_browser.page.evaluate(PAIRS)
        assert len(pairs) > 5
        weak = [
            pair for pair in pairs if contrast(hexadecimal(pair[0]), hexadecimal(pair[1])) < 4.5
        ]
        assert weak == []


def hexadecimal(colour: str) -> str:
    numbers: list[Any] = re.findall(r"\d+", colour)
    return "#" + "".join(f"{int(number):02x}" for number in numbers[:3])
