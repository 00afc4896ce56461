"""Colours, colour schemes and contrast (WCAG 2.2)."""

import re
from enum import StrEnum
from functools import lru_cache

from tinycss2.color4 import parse_color

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)


class ColourScheme(StrEnum):
    """The value of `prefers-color-scheme` that a reader's device reports."""

    LIGHT = "light"
    DARK = "dark"


_HEX = re.compile(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


@lru_cache(maxsize=512)
def parse(text: str) -> tuple[Colour, float] | None:
    """(colour, opacity) of a CSS colour or a `bgcolor` value; None if it is not a colour."""
    if _HEX.fullmatch(text):
        digits = text.lstrip("#")
        digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
        red, green, blue = (int(digits[at : at + 2], 16) for at in (0, 2, 4))
        return (red, green, blue), 1.0
    parsed = parse_color(text)
    if parsed is None or isinstance(parsed, str) or parsed == "currentcolor":
        return None
    try:
        rgb = parsed.to("srgb")
    except (NotImplementedError, ValueError):
        return None
    red, green, blue = (round(255 * min(max(value or 0, 0), 1)) for value in rgb.coordinates)
    return (red, green, blue), float(rgb.alpha)


def over(top: Colour, opacity: float, below: Colour) -> Colour:
    """The colour that results when a translucent colour is painted over another."""
    red, green, blue = (
        round(opacity * a + (1 - opacity) * b) for a, b in zip(top, below, strict=True)
    )
    return red, green, blue


@lru_cache(maxsize=4096)
def contrast(one: Colour, other: Colour) -> float:
    """The contrast ratio, 1 to 21 (WCAG 2.2, success criterion 1.4.3)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def hexadecimal(colour: Colour) -> str:
    """`#1c1917`."""
    return "#" + "".join(f"{channel:02x}" for channel in colour)


def _luminance(colour: Colour) -> float:
    red, green, blue = (_linear(channel / 255) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
