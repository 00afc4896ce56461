"""Look-ups in DNS. The only file that imports dnspython."""

from collections.abc import Sequence
from typing import Any

from dns import asyncresolver, exception, rdatatype, resolver

LIFETIME_SECONDS = 4.0
UDP_PAYLOAD = 1232  # fits every network without fragments (DNS flag day 2020); more goes by TCP


class DnsUnavailable(Exception):
    """No answer: offline, a time-out, a failing server, an impossible name. Nothing is known."""


class DnsClient:
    """Asks the name servers of the system, or `servers` at `port`.

    A name or record that does not exist is an empty answer. Every look-up ends within
    `lifetime_seconds`.
    """

    def __init__(
        self,
        servers: Sequence[str] = (),
        port: int = 53,
        *,
        lifetime_seconds: float = LIFETIME_SECONDS,
    ) -> None:
        self._servers, self._port, self._lifetime = servers, port, lifetime_seconds
        self._resolver: asyncresolver.Resolver | None = None

    async def exists(self, name: str) -> bool:
        """Whether the name exists, with or without records. Raises `DnsUnavailable`."""
        try:
            await self._resolve(name, rdatatype.SOA)
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
            return list(await self._resolve(name, kind))
        except (resolver.NXDOMAIN, resolver.NoAnswer):
            return []

    async def _resolve(self, name: str, kind: rdatatype.RdataType) -> resolver.Answer:
        # The final dot makes the name absolute: no search domain of the system is appended.
        absolute = f"{name.rstrip('.')}."
        try:
            return await self._get_resolver().resolve(absolute, kind, lifetime=self._lifetime)
        except (resolver.NXDOMAIN, resolver.NoAnswer):
            raise
        except (exception.DNSException, OSError, UnicodeError) as failure:
            raise DnsUnavailable(f"{name}: {_first_line(failure)}") from None

    def _get_resolver(self) -> asyncresolver.Resolver:
        # Created at the first look-up: where the system has no name server, dnspython raises.
        if self._resolver is None:
            created = asyncresolver.Resolver(configure=not self._servers)
            if self._servers:
                created.nameservers, created.port = list(self._servers), self._port
            created.use_edns(0, 0, UDP_PAYLOAD)
            self._resolver = created
        return self._resolver


def _first_line(failure: Exception) -> str:
    return str(failure).partition("\n")[0][:200]
