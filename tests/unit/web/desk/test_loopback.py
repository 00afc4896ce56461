"""Which hosts the desk answers to, and for whom."""

import pytest

from digest.web.desk.loopback import is_embedded, is_loopback


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8001", "LOCALHOST", "127.0.0.1", "127.0.0.1:8001", "[::1]", "[::1]:1"],
)
def test_loopback_names_pass(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "evil.example:8001",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil.example:127.0.0.1",
        "127.0.0.1@evil.example",
        "[::1].evil.example",
        "[::2]",
        "10.0.0.1",
        "localhost:80:80",
    ],
)
def test_everything_else_is_refused(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("within", ["image", "iframe", "script", "empty"])
def test_requests_from_another_site_s_page_are_refused(within: str) -> None:
    assert is_embedded({"sec-fetch-site": "cross-site", "sec-fetch-dest": within})


@pytest.mark.parametrize(
    ("site", "within"),
    [("cross-site", "document"), ("same-origin", "iframe"), ("same-origin", "image"), ("none", "")],
)
def test_links_from_elsewhere_and_the_desk_s_own_requests_are_served(
    site: str, within: str
) -> None:
    assert not is_embedded({"sec-fetch-site": site, "sec-fetch-dest": within})
    assert not is_embedded({})
