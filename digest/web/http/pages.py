"""Pages from `templates/web`: Jinja2 with autoescape, and the headers of each kind of page."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from digest.app import App
from digest.catalogue.views import ToolView
from schedules.words import long_date, precise

CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


class Pages:
    """Renders the templates for one installation."""

    def __init__(
        self,
        app: App,
        *,
        layout: str = "base.html",
        base: str | None = None,
        headers: Mapping[str, str] = HEADERS,
    ) -> None:
        """`base` is the path before every link; by default, that of the public URL."""
        self._headers = headers
        self.base = urlsplit(app.settings.public_url).path if base is None else base
        self._environment = Environment(
            loader=PackageLoader("templates", "web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(
            panel_line=panel_line, day=long_date, instant=precise, size=size, web_url=web_url
        )
        self._environment.globals.update(
            base=self.base,
            site_name=app.settings.site_name,
            postal_address=app.settings.postal_address,
            section=None,
            layout=layout,
            public_url=app.settings.public_url,
        )

    def render(
        self, template: str, status: int = 200, *, private: bool = False, **context: object
    ) -> HTMLResponse:
        """One page. `private`: for one reader, so not cached and not indexed."""
        html = self._environment.get_template(template).render(private=private, **context)
        return HTMLResponse(html, status, {**self._headers, **(PRIVATE if private else {})})

    def message(
        self,
        heading: str,
        *paragraphs: str,
        status: int = 200,
        action: tuple[str, str] | None = None,
        fields: tuple[tuple[str, str], ...] = (),
        links: tuple[tuple[str, str], ...] = (),
    ) -> HTMLResponse:
        """A private page with one short message.

        `action` (label, path) is a button that POSTs, with hidden `fields` (name, value);
        `links` are (label, path).
        """
        return self.render(
            "message.html",
            status,
            private=True,
            heading=heading,
            paragraphs=paragraphs,
            action=self._link(action) if action else None,
            fields=fields,
            links=[self._link(link) for link in links],
        )

    def _link(self, link: tuple[str, str]) -> dict[str, str]:
        label, path = link
        return {"label": label, "url": self.base + path}


def panel_line(tool: ToolView) -> str:
    """'75% · 3 of 4 ship', or as much of it as is known."""
    if tool.panel_ship_percent is None:
        return "No panel take yet"
    percent = f"{tool.panel_ship_percent}%"
    if tool.ship is None or tool.skip is None:
        return f"{percent} ship"
    return f"{percent} · {tool.ship} of {tool.ship + tool.skip} ship"


def size(count: int) -> str:
    """'48.2 KB', in thousands of bytes as mailbox providers count them."""
    return f"{count:,} bytes" if count < 1000 else f"{count / 1000:,.1f} KB"


def web_url(value: str | None) -> str | None:
    """The URL if it is safe to link: http(s) with a host; else None."""
    try:
        parts = urlsplit(value or "")
    except ValueError:
        return None
    return value if parts.scheme in ("http", "https") and parts.hostname else None
