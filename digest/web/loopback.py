"""The desk answers to loopback names only, against DNS rebinding.

A page anywhere can make its own host name resolve to 127.0.0.1 and read what
listens there; the Host header then still carries that name.
"""

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from digest.settings import LOOPBACK_HOSTS


class LoopbackOnly:
    """Answers requests for any other host with `refusal`."""

    def __init__(self, app: ASGIApp, refusal: Callable[[], Response]) -> None:
        self._app = app
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not is_loopback(Headers(scope=scope).get("host", "")):
            await self._refusal()(scope, receive, send)
            return
        await self._app(scope, receive, send)


def is_loopback(host: str) -> bool:
    """Whether a Host header (RFC 9110 section 7.2) names this machine."""
    name, _, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
    if not name or (port and not port.isdigit()):
        name = host
    return name.removeprefix("[").removesuffix("]").lower() in LOOPBACK_HOSTS
