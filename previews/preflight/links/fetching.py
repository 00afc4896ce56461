"""Requesting a page without ever connecting to a private network.

The name is resolved here, every address is checked, and the connection goes to the checked
address itself: a second look-up could return another address (DNS rebinding). The only file
that knows httpcore.
"""

import asyncio
import ipaddress
import socket
import ssl
import string
from collections.abc import Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import httpcore
import idna

SECONDS = 8.0
AGENT = "Mozilla/5.0 (compatible; digest-link-check)"


class PrivateAddress(Exception):
    """The name resolves to this machine or a private network."""


class Unreachable(Exception):
    """No answer: the name does not exist, or the connection failed or timed out."""


class Offline(Exception):
    """No name server answers."""


@dataclass(frozen=True)
class Answer:
    """The status, and the target of a redirect."""

    status: int
    location: str | None = None


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Connects only to global addresses; `allowed` are addresses let through, for tests."""

    def __init__(self, threads: Executor, allowed: frozenset[str] = frozenset()) -> None:
        self._inner = httpcore.AnyIOBackend()
        self._threads = threads
        self._allowed = allowed

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  the library's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A stream to the first address of `host`, if all of them are global."""
        addresses = await resolve(host, port, self._threads)
        for address in addresses:
            if address not in self._allowed and not ipaddress.ip_address(address).is_global:
                raise PrivateAddress(f"{host} is {address}")
        return await self._inner.connect_tcp(addresses[0], port, timeout, local_address)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def resolve(host: str, port: int, threads: Executor) -> list[str]:
    """The addresses of a host. Raises `Unreachable`, or `Offline` when no resolver answers.

    A look-up cannot be cancelled, so it runs in one of `threads`: in the event loop's default
    pool, slow name servers would block other work there, such as compiling.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.run_in_executor(
            threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
    except socket.gaierror as problem:
        if problem.errno == socket.EAI_AGAIN:
            raise Offline("no name server answers") from None
        raise Unreachable(f"{host} does not exist") from None
    return list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))


def url_of(address: str) -> httpcore.URL:
    """An address in ASCII (RFC 3987 section 3.1): host in IDNA 2008, the rest percent-encoded.

    Raises `ValueError` for an invalid address.
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    if not host:
        raise ValueError(f"{address} names no host")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return httpcore.URL(
        scheme=parts.scheme,
        host=host if host.isascii() else idna.encode(host, uts46=True),
        port=parts.port,
        target=quote(target, safe=string.punctuation),
    )


class Fetcher:
    """Requests pages, without cookies, redirects or reading the body."""

    def __init__(self, allowed: frozenset[str] = frozenset(), at_once: int = 6) -> None:
        self._threads = ThreadPoolExecutor(at_once, "link-lookup")
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=at_once,
            network_backend=CheckedBackend(self._threads, allowed),
        )

    async def ask(self, method: str, url: str) -> Answer:
        """The answer to HEAD or GET. Raises `PrivateAddress`, `Unreachable`, `Offline`."""
        limits = dict.fromkeys(("connect", "read", "write", "pool"), SECONDS)
        headers = [("User-Agent", AGENT), ("Accept", "text/html,*/*"), ("Connection", "close")]
        try:
            async with (
                asyncio.timeout(2 * SECONDS),
                self._pool.stream(
                    method, url_of(url), headers=headers, extensions={"timeout": limits}
                ) as reply,
            ):
                location = next((v for n, v in reply.headers if n.lower() == b"location"), None)
                return Answer(reply.status, None if location is None else _text(location))
        except (httpcore.TimeoutException, TimeoutError):
            raise Unreachable(f"no answer within {SECONDS:.0f} s") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as problem:
            raise Unreachable(str(problem) or type(problem).__name__) from None
        except (httpcore.UnsupportedProtocol, ValueError) as problem:
            raise Unreachable(f"not a valid address: {problem}") from None

    async def close(self) -> None:
        """Close all connections."""
        with suppress(httpcore.NetworkError):
            await self._pool.aclose()
        self._threads.shutdown(wait=False, cancel_futures=True)


def _text(header: bytes) -> str:
    """A header's value; many servers send UTF-8, though only ASCII is allowed."""
    try:
        return header.decode()
    except UnicodeDecodeError:
        return header.decode("latin-1")
