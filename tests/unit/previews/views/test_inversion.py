import pytest

from previews.markup.colours import contrast, parse
from previews.views.inversion import fully_inverted, partly_inverted


def colour_of(html: str, name: str) -> tuple[int, int, int]:
    value = html.split(f"{name}:", 2)[-1].split(";")[0].split('"')[0]
    found = parse(value.strip())
    assert found
    return found[0]


def cell(ink: str, paper: str) -> str:
    return f'<head></head><td style="background-color:{paper}; color:{ink};">x</td>'


def test_partial_inverts_light_backgrounds_and_dark_text() -> None:
    html = partly_inverted(cell("#1c1917", "#ffffff")).partition("<td")[2]
    assert sum(colour_of(html, "background-color")) < 100
    assert sum(colour_of(html, "color")) > 600


def test_partial_keeps_a_dark_badge_with_light_text() -> None:
    assert 'background-color:#166534; color:#fff;"' in partly_inverted(cell("#fff", "#166534"))


@pytest.mark.parametrize(("ink", "paper"), [("#57534e", "#ffffff"), ("#44403c", "#f5f5f4")])
def test_inverted_text_stays_readable(ink: str, paper: str) -> None:
    html = partly_inverted(cell(ink, paper)).partition("<td")[2]
    assert contrast(colour_of(html, "color"), colour_of(html, "background-color")) >= 4.5


def test_presentational_attributes_and_style_sheets_are_inverted_too() -> None:
    html = partly_inverted('<head><style>p{color:#000}</style></head><td bgcolor="#ffffff">x</td>')
    assert 'bgcolor="#ffffff"' not in html
    assert "p{color:#ededed}" in html


def test_words_that_are_not_colours_stay() -> None:
    html = partly_inverted(
        '<p style="border:1px solid #000;border-radius:3px;font-family:Red Hat">x</p>'
    )
    assert "1px solid #ededed" in html
    assert "border-radius:3px;font-family:Red Hat" in html


def test_both_ignore_the_mail_s_own_dark_rules() -> None:
    mail = "<head><style>@media (prefers-color-scheme: dark){p{color:red}}</style></head>"
    for turned in (fully_inverted(mail), partly_inverted(mail)):
        assert "@media (max-width:0)" in turned


def test_full_inverts_the_page_and_pictures_twice() -> None:
    html = fully_inverted("<head></head><img src=x>")
    assert html.count("invert(1) hue-rotate(180deg)") == 2
