from previews.markup.colours import ColourScheme
from previews.views.colour_schemes import in_scheme, painted

MAIL = (
    "<!doctype html><html><head><style>@media (prefers-color-scheme: dark){.a{color:red}}"
    "@media screen and ( prefers-color-scheme:light ){.b{color:red}}</style></head>"
    "<body>x</body></html>"
)


def test_dark_applies_the_dark_rules_and_drops_the_light_ones() -> None:
    html = in_scheme(MAIL, ColourScheme.DARK)
    assert "@media (min-width:0){.a" in html
    assert "@media screen and (max-width:0){.b" in html


def test_light_applies_the_light_rules_and_drops_the_dark_ones() -> None:
    html = in_scheme(MAIL, ColourScheme.LIGHT)
    assert "@media (max-width:0){.a" in html
    assert "@media screen and (min-width:0){.b" in html


def test_the_background_is_that_of_the_scheme() -> None:
    assert "<head><style>:root{color-scheme:dark!important}" in painted(MAIL, ColourScheme.DARK)


def test_a_quote_about_colour_schemes_stays_as_it_was_written() -> None:
    html = (
        "<style>@media (prefers-color-scheme: dark) {}</style><p>(prefers-color-scheme: dark)</p>"
    )
    assert in_scheme(html, ColourScheme.DARK) == (
        "<style>@media (min-width:0) {}</style><p>(prefers-color-scheme: dark)</p>"
    )
