"""Mail in a frame: in the requested colour scheme, and isolated."""

from digest.web.http.mail_frame import frame

MAIL = (
    "<!doctype html><html><head><style>@media (prefers-color-scheme: dark){.a{color:red}}"
    "@media screen and ( prefers-color-scheme:light ){.b{color:red}}</style></head>"
    "<body>x</body></html>"
)


def test_links_open_in_a_new_tab_and_the_doctype_stays_first() -> None:
    html = bytes(frame(MAIL, None).body).decode()
    assert html.startswith('<!doctype html><html><head><base target="_blank"><style>@media')


def test_a_mail_without_a_head_is_framed_too() -> None:
    assert bytes(frame("<p>x", None).body) == b'<base target="_blank"><p>x'
    assert bytes(frame("<!DOCTYPE html><p>x", None).body).startswith(b"<!DOCTYPE html><base")


def test_the_frame_is_sandboxed_and_only_the_site_may_embed_it() -> None:
    policy = frame(MAIL, None).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "frame-ancestors 'self'" in policy
