"""The desk answers to loopback names only, and never to requests from another site's pages.

Any page can make its own host name resolve to 127.0.0.1 and read what listens there (DNS
rebinding); the Host header then still has that name. Or it sends requests to the real name: it
cannot read the answers, but could keep the desk busy.
"""

from collections.abc import Callable, Mapping

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from digest.settings import LOOPBACK_HOSTS


class LoopbackOnly:
    """Answers requests for any other host, or from another site's page, with `refusal`."""

    def __init__(self, app: ASGIApp, refusal: Callable[[], Response]) -> None:
        self._app = app
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _is_allowed(Headers(scope=scope)):
            await self._refusal()(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_allowed(headers: Mapping[str, str]) -> bool:
    return is_loopback(headers.get("host", "")) and not is_embedded(headers)


def is_loopback(host: str) -> bool:
    """Whether a Host header (RFC 9110 section 7.2) names this machine."""
    name, _, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
    if not name or (port and not port.isdigit()):
        name = host
    return name.removeprefix("[").removesuffix("]").lower() in LOOPBACK_HOSTS


def is_embedded(headers: Mapping[str, str]) -> bool:
    """Whether another site's page requests it as a picture, frame or script (Fetch Metadata).

    A link that somebody follows, for instance in webmail, is allowed.
    """
    another = headers.get("sec-fetch-site") == "cross-site"
    return another and headers.get("sec-fetch-dest") != "document"
