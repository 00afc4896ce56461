"""The difference between two pictures of a mail, as a picture: black means equal."""

from base64 import b64decode, b64encode
from dataclasses import dataclass

from previews.browser import Browser

NOTICEABLE = 32  # of 255 in a channel; what compression alone changes stays below
WEBP_QUALITY = 60
_PAGE = """<!doctype html><style>body{{margin:0;background:#000}}
div{{position:relative;width:{width}px}} img{{display:block}}
img+img{{position:absolute;top:0;left:0;mix-blend-mode:difference}}</style>
<div><img src="data:image/webp;base64,{first}"><img src="data:image/webp;base64,{second}"></div>"""
_SHARE = """async threshold => {
    const images = [...document.images];
    await Promise.all(images.map(image => image.decode()));
    const [a, b] = images;
    const width = Math.max(a.width, b.width), height = Math.max(a.height, b.height);
    const pixels = image => {
        const canvas = new OffscreenCanvas(width, height).getContext("2d");
        canvas.drawImage(image, 0, 0);
        return canvas.getImageData(0, 0, width, height).data;
    };
    const first = pixels(a), second = pixels(b);
    let count = 0;
    for (let at = 0; at < first.length; at += 4)
        if ([0, 1, 2, 3].some(c => Math.abs(first[at + c] - second[at + c]) > threshold)) count++;
    return count / (width * height);
}"""


@dataclass(frozen=True)
class Difference:
    """`share` of the pixels that noticeably differ, 0 to 1; `picture` is WebP."""

    share: float
    picture: bytes


def difference(browser: Browser, first: bytes, second: bytes, *, width: int) -> Difference:
    """Compare two WebP pictures. Raises Playwright's `Error` if one cannot be read."""
    pictures = [b64encode(picture).decode() for picture in (first, second)]
    browser.show(_PAGE.format(width=width, first=pictures[0], second=pictures[1]), width=width)
    share = browser.page.evaluate(_SHARE, NOTICEABLE)
    return Difference(float(share), webp(browser))


def webp(browser: Browser, *, most_height: int | None = None) -> bytes:
    """The page from its top, or `most_height` px of it. Playwright itself writes no WebP."""
    session = browser.page.context.new_cdp_session(browser.page)
    size = session.send("Page.getLayoutMetrics")["cssContentSize"]
    height = min(size["height"], most_height or size["height"])
    shot = session.send(
        "Page.captureScreenshot",
        {
            "format": "webp",
            "quality": WEBP_QUALITY,
            "captureBeyondViewport": True,
            "clip": {"x": 0, "y": 0, "width": size["width"], "height": height, "scale": 1},
        },
    )
    session.detach()
    return b64decode(shot["data"])
