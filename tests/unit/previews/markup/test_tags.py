import pytest

from previews.markup.tags import rewrite, styled
from previews.views.client_views import CLIENT_VIEWS, ClientView

MAIL = (
    "<!doctype html><!-- <p style='color:red'> --><html><head>"
    "<style>p > b{color:red}</style></head><body>"
    '<a href=\'https://x/?a=1&amp;b="2"\' style="font-family:&quot;A B&quot;,C;color:red">'
    "1 < 2 & 3 > 2</a><script>if (a<b) x('<p style=\"color:red\">')</script></body></html>"
)


def test_an_unchanged_page_stays_byte_for_byte() -> None:
    assert rewrite(MAIL, attribute=lambda tag, name, value: value, css=str) == MAIL
    assert styled(MAIL, lambda tag, name, value: value) == MAIL


def test_only_declarations_are_changed() -> None:
    html = styled(MAIL, lambda tag, name, value: "blue" if name == "color" else value)
    assert html.count("blue") == 2
    assert html.count("red") == 2
    assert "font-family:&quot;A B&quot;,C;color:blue" in html


@pytest.mark.parametrize("view", CLIENT_VIEWS.values(), ids=CLIENT_VIEWS)
@pytest.mark.parametrize("html", ["", "x<b", "x<a href=", "x<!--", "x<!--[if mso]>"])
def test_broken_html_is_kept_unchanged(view: ClientView, html: str) -> None:
    assert view.draw(html).endswith(html)
