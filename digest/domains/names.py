"""Looking names up in DNS: the one place that knows dnspython."""

from collections.abc import Sequence
from typing import Any

from dns import asyncresolver, exception, rdatatype, resolver

LIFETIME_SECONDS = 4.0
UDP_PAYLOAD = 1232  # what fits through everywhere; larger answers come by TCP


class Unresolved(Exception):
    """No answer: offline, a time-out, a server that fails. Nothing is known then."""


class Names:
    """Looks names up at the system's name servers, or at those given (`port` for tests).

    What does not exist is an empty answer; every look-up ends within seconds.
    """

    def __init__(self, servers: Sequence[str] = (), port: int = 53) -> None:
        self._servers, self._port = servers, port
        self._resolver: asyncresolver.Resolver | None = None

    async def exists(self, name: str) -> bool:
        """Whether the name is there at all, whatever it holds. Raises `Unresolved`."""
        try:
            await self._ask(name, rdatatype.SOA)
        except resolver.NXDOMAIN:
            return False
        except resolver.NoAnswer:
            return True
        return True

    async def texts(self, name: str) -> list[str]:
        """Its TXT records, the strings of each joined (RFC 7208 section 3.3)."""
        found = await self._records(name, rdatatype.TXT)
        return [b"".join(row.strings).decode("utf-8", "replace") for row in found]

    async def addresses(self, name: str) -> list[str]:
        """Its IPv4 and IPv6 addresses."""
        rows = await self._records(name, rdatatype.A) + await self._records(name, rdatatype.AAAA)
        return [row.address for row in rows]

    async def mail_hosts(self, name: str) -> list[str]:
        """The hosts of its MX records, the preferred first; '' stands for a null MX (RFC 7505)."""
        rows = await self._records(name, rdatatype.MX)
        rows.sort(key=lambda row: row.preference)
        return [row.exchange.to_text(omit_final_dot=True).removesuffix(".") for row in rows]

    async def _records(self, name: str, kind: rdatatype.RdataType) -> list[Any]:
        try:
            return list(await self._ask(name, kind))
        except (resolver.NXDOMAIN, resolver.NoAnswer):
            return []

    async def _ask(self, name: str, kind: rdatatype.RdataType) -> resolver.Answer:
        try:
            return await self._made().resolve(
                f"{name.rstrip('.')}.", kind, lifetime=LIFETIME_SECONDS
            )
        except (resolver.NXDOMAIN, resolver.NoAnswer):
            raise
        except (exception.DNSException, OSError, UnicodeError) as trouble:
            raise Unresolved(f"{name}: {_first_line(trouble)}") from None

    def _made(self) -> asyncresolver.Resolver:
        """Made late: without any configured name server dnspython refuses to make one."""
        if self._resolver is None:
            made = asyncresolver.Resolver(configure=not self._servers)
            if self._servers:
                made.nameservers, made.port = list(self._servers), self._port
            made.use_edns(0, 0, UDP_PAYLOAD)
            self._resolver = made
        return self._resolver


def _first_line(trouble: Exception) -> str:
    return str(trouble).partition("\n")[0][:200]
