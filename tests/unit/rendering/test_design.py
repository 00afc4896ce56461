"""Contrast and sizes, computed from the very colours of the templates."""

import re

import pytest

from digest.rendering.templates.template_set import TemplateSet

BADGES = ("ship", "skip", "split", "no-take")
PAPER = "#ffffff"
TEXT_STYLES = ("meta", "lead", "label", "vs", "tagline", "facts", "fact", "by", "link")
MORE_TEXT_STYLES = ("small-link", "arrow", "small", "title-link")


def channels(colour: str) -> tuple[float, float, float]:
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    return red, green, blue


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def inverted(colour: str) -> str:
    return "#" + "".join(f"{round(255 * (1 - channel)):02x}" for channel in channels(colour))


def rules(css: str) -> dict[str, dict[str, str]]:
    """Declarations by class name."""
    found: dict[str, dict[str, str]] = {}
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
        declared = dict(
            (part.strip() for part in item.replace("!important", "").split(":", 1))
            for item in body.split(";")
            if ":" in item
        )
        for selector in selectors.split(","):
            name = selector.strip().rpartition(" ")[2].lstrip(".").removeprefix("}} .")
            found.setdefault(name, {}).update(declared)
    return found


@pytest.fixture(scope="module")
def light(weekly: TemplateSet) -> dict[str, dict[str, str]]:
    return rules(weekly.files["shared/inline.css"])


@pytest.fixture(scope="module")
def dark(weekly: TemplateSet) -> dict[str, dict[str, str]]:
    source = weekly.files["shared/dark.mjml.j2"].replace("{{ within }}", "")
    return rules(re.sub(r"\{%.*?%\}|\{#.*?#\}|\{\{.*?\}\}", "", source))


def test_the_contrast_formula_agrees_with_the_design() -> None:
    assert round(contrast("#ffffff", "#166534"), 1) == 7.1
    assert round(contrast("#052e16", "#4ade80"), 1) == 8.6


@pytest.mark.parametrize("badge", BADGES)
def test_a_badge_is_legible_in_light_dark_and_inverted(
    light: dict[str, dict[str, str]], dark: dict[str, dict[str, str]], badge: str
) -> None:
    text, fill = light["badge"]["color"], light[badge]["background-color"]
    assert contrast(text, fill) >= 4.5
    assert contrast(inverted(text), inverted(fill)) >= 4.5
    assert contrast(dark[badge]["color"], dark[badge]["background-color"]) >= 4.5


@pytest.mark.parametrize("style", TEXT_STYLES + MORE_TEXT_STYLES)
def test_text_is_legible_in_light_dark_and_inverted(
    light: dict[str, dict[str, str]], dark: dict[str, dict[str, str]], style: str
) -> None:
    ink = light[style]["color"]
    assert contrast(ink, PAPER) >= 4.5
    assert contrast(inverted(ink), inverted(PAPER)) >= 4.5
    assert contrast(dark[style]["color"], dark["page"]["background-color"]) >= 4.5


def test_every_light_colour_has_a_dark_one(
    light: dict[str, dict[str, str]], dark: dict[str, dict[str, str]]
) -> None:
    coloured = {name for name, rule in light.items() if "color" in rule}
    assert coloured - set(dark) == {"badge"}


def test_no_text_is_smaller_than_14_px(light: dict[str, dict[str, str]]) -> None:
    sizes = {
        name: int(rule["font-size"].removesuffix("px"))
        for name, rule in light.items()
        if "font-size" in rule
    }
    assert {name for name, size in sizes.items() if size < 14} == {"columns", "bar"}


def test_links_are_at_least_44_px_high(light: dict[str, dict[str, str]]) -> None:
    for name, line in (("link", 26), ("small-link", 20), ("title-link", 30), ("button", 20)):
        padding = int(light[name]["padding"].split("px")[0])
        assert line + 2 * padding >= 44, name
