"""Preflight computes the inverted colours that a browser draws."""

from base64 import b64encode

import pytest
from playwright.async_api import Browser, Page

from previews.markup.colours import Colour, ColourScheme, parse
from previews.markup.computed_style import computed_styles
from previews.markup.html_page import HtmlPage as Parsed
from previews.views.inversion import fully_inverted, inverted_colour, partly_inverted

pytestmark = pytest.mark.browser

PAPERS = ["#ffffff", "#166534", "#991b1b", "#854d0e", "#4ade80", "#f800df", "#1c1917", "#0000ee"]
SIDE = 20
HTML = (
    "<!doctype html><html><head><style>body{margin:0}</style></head><body>"
    + "".join(
        f'<div style="height:{SIDE}px;background-color:{paper}">&nbsp;</div>' for paper in PAPERS
    )
    + "</body></html>"
)
PIXELS = """async ([image, side, count]) => {
    const drawn = new Image();
    drawn.src = "data:image/png;base64," + image;
    await drawn.decode();
    const canvas = new OffscreenCanvas(drawn.width, drawn.height).getContext("2d");
    canvas.drawImage(drawn, 0, 0);
    return Array.from({length: count}, (_, at) =>
        [...canvas.getImageData(100, side * at + side / 2, 1, 1).data].slice(0, 3));
}"""


@pytest.fixture
async def page(chromium: Browser) -> Page:
    return await chromium.new_page(viewport={"width": 320, "height": 400})


async def drawn(page: Page, html: str) -> list[Colour]:
    await page.set_content(html)
    picture = b64encode(await page.screenshot()).decode()
    found = await page.evaluate(PIXELS, [picture, SIDE, len(PAPERS)])
    return [(red, green, blue) for red, green, blue in found]


def near(one: Colour, other: Colour) -> bool:
    return all(abs(a - b) <= 2 for a, b in zip(one, other, strict=True))


async def test_full_inversion_is_drawn_as_computed(page: Page) -> None:
    expected = [inverted_colour(found[0]) for paper in PAPERS if (found := parse(paper))]
    for paper, one, other in zip(
        PAPERS, await drawn(page, fully_inverted(HTML)), expected, strict=True
    ):
        assert near(one, other), f"{paper}: drawn {one}, computed {other}"


async def test_partial_inversion_is_drawn_as_computed(page: Page) -> None:
    turned = partly_inverted(HTML)
    computed = computed_styles(Parsed(turned), ColourScheme.LIGHT)
    expected = [style.paper for element, style in computed.items() if element.tag == "div"]
    for paper, one, other in zip(PAPERS, await drawn(page, turned), expected, strict=True):
        assert near(one, other), f"{paper}: drawn {one}, computed {other}"
