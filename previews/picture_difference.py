"""What differs between two pictures of a mail, as a picture: black is the same."""

from base64 import b64encode
from dataclasses import dataclass

from previews.chromium import Chromium, ChromiumFailed

NOTICEABLE = 32  # of 255 in a channel; what compression alone does stays below
_PAGE = """<!doctype html><style>body{{margin:0;background:#000}}
div{{position:relative;width:{width}px}} img{{display:block}}
img+img{{position:absolute;top:0;left:0;mix-blend-mode:difference}}</style>
<div><img src="data:image/webp;base64,{first}"><img src="data:image/webp;base64,{second}"></div>"""
_READY = "[...document.images].every(image => image.complete)"
_SHARE = """(() => {
    const [a, b] = document.images;
    const width = Math.max(a.width, b.width), height = Math.max(a.height, b.height);
    const pixels = image => {
        const canvas = new OffscreenCanvas(width, height).getContext("2d");
        canvas.drawImage(image, 0, 0);
        return canvas.getImageData(0, 0, width, height).data;
    };
    const first = pixels(a), second = pixels(b);
    let count = 0;
    for (let at = 0; at < first.length; at += 4)
        if ([0, 1, 2, 3].some(c => Math.abs(first[at + c] - second[at + c]) > %d)) count++;
    return count / (width * height);
})()"""
TRIES = 200


@dataclass(frozen=True)
class Difference:
    """`share` of the pixels that noticeably differ, 0 to 1; `picture` is WebP."""

    share: float
    picture: bytes


def difference(browser: Chromium, first: bytes, second: bytes, *, width: int) -> Difference:
    """Compare two WebP pictures. Raises `ChromiumFailed` if one cannot be read."""
    pictures = [b64encode(picture).decode() for picture in (first, second)]
    browser.show(
        _PAGE.format(width=width, first=pictures[0], second=pictures[1]), width=width, dark=False
    )
    for _ in range(TRIES):
        if browser.evaluate(_READY):
            break
    share = browser.evaluate(_SHARE % NOTICEABLE)
    if not isinstance(share, int | float):
        raise ChromiumFailed("one of the pictures cannot be read")
    return Difference(float(share), browser.picture(kind="webp"))
