"""Forced dark modes: colours inverted by the client, fully or in part.

No vendor documents its rules, and they change. These are the rules that email developers
observe:

- *full*, as in Outlook's mobile apps: every colour is inverted in lightness and keeps its hue,
  even if it was dark already; pictures stay. The mail's own dark colours are ignored.
- *partial*, as in Gmail's Android app: light backgrounds become dark and dark text becomes
  light; dark areas with light text stay as they are.
"""

import colorsys
import re
from functools import lru_cache
from operator import mul

from previews.markup.colours import Colour, ColourScheme, hexadecimal, parse
from previews.markup.tags import insert_in_head, rewrite, styled
from previews.views.colour_schemes import in_scheme

_TURNED = "filter:invert(1) hue-rotate(180deg)"
FULL = (
    f"<style>html{{{_TURNED};background:#fff}}"
    f"img,video,svg,[background]{{{_TURNED}}}:root{{color-scheme:light!important}}</style>"
)
PARTIAL = (
    "<style>:root{color-scheme:dark!important}html{background:#1f1f1f;color:#e8eaed}"
    "a{color:#8ab4f8}</style>"
)
DARKEST, LIGHTEST = 0.07, 0.93
_COLOUR = re.compile(
    r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl)a?\([^)]*\)|(?<![\w-])[a-z]{3,20}(?![\w(-])", re.I
)
_PAPER = ("background", "background-color")


def fully_inverted(html: str) -> str:
    """The page with every colour inverted."""
    return insert_in_head(in_scheme(html, ColourScheme.LIGHT), FULL)


def inverted_colour(colour: Colour) -> Colour:
    """What `FULL` makes of a colour: inverted, then its hue rotated back by 180 degrees.

    The matrix is `hue-rotate` of Filter Effects Module Level 1.
    """
    turned = [255 - channel for channel in colour]
    red, green, blue = (min(max(round(sum(map(mul, row, turned))), 0), 255) for row in _HALF_A_TURN)
    return red, green, blue


_HALF_A_TURN = ((-0.574, 1.430, 0.144), (0.426, 0.430, 0.144), (0.426, 1.430, -0.856))


def partly_inverted(html: str) -> str:
    """The page with light backgrounds and dark text inverted."""

    def declaration(_tag: str, name: str, value: str) -> str:
        return _turned(name, value) if _has_colour(name) else value

    def attribute(_tag: str, name: str, value: str) -> str:
        return _turned(_OLD[name], value) if name in _OLD else value

    turned = styled(in_scheme(html, ColourScheme.LIGHT), declaration)
    return insert_in_head(rewrite(turned, attribute=attribute), PARTIAL)


_OLD = {"bgcolor": "background-color", "color": "color", "text": "color"}


def _has_colour(name: str) -> bool:
    return name in ("color", *_PAPER) or (name.startswith("border") and "radius" not in name)


def _turned(name: str, value: str) -> str:
    return _COLOUR.sub(lambda match: _colour(name, match[0]), value)


@lru_cache(maxsize=1024)
def _colour(name: str, text: str) -> str:
    found = parse(text)
    if not found:
        return text
    rgb, opacity = found
    hue, light, colourfulness = colorsys.rgb_to_hls(*(channel / 255 for channel in rgb))
    if (name in _PAPER and light < 0.5) or (name == "color" and light > 0.5):
        return text
    light = min(max(1 - light, DARKEST), LIGHTEST)
    red, green, blue = colorsys.hls_to_rgb(hue, light, colourfulness)
    turned = hexadecimal((round(red * 255), round(green * 255), round(blue * 255)))
    return turned if opacity == 1 else f"{turned}{round(opacity * 255):02x}"
