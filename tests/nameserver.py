"""A name server on loopback, over UDP and TCP, that answers with the records of a test."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

from dns import flags, message, rcode, rdataclass, rdatatype, rrset

Zone = Mapping[tuple[str, str], Sequence[str]]
MOST_BY_UDP = 512


@dataclass
class NameServer(asyncio.DatagramProtocol):
    """Answers from `zone`: (name, type such as "TXT") → the records' text forms.

    A name with any record exists, and so does each above it; the others do not.
    `silent` never answers. `failing` are names for which the server fails.
    """

    zone: Zone
    failing: frozenset[str] = frozenset()
    silent: bool = False
    port: int = 0
    asked: list[str] = field(default_factory=list)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        if not self.silent:
            answer = self.answer(data)
            if len(answer) > MOST_BY_UDP:
                short = message.make_response(message.from_wire(data))
                short.flags |= flags.TC
                answer = short.to_wire()
            self._transport.sendto(answer, address)

    async def by_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = int.from_bytes(await reader.readexactly(2))
        answer = self.answer(await reader.readexactly(length))
        writer.write(len(answer).to_bytes(2) + answer)
        await writer.drain()
        writer.close()

    def answer(self, query: bytes) -> bytes:
        """The reply to one question."""
        asked = message.from_wire(query)
        [question] = asked.question
        name = question.name.to_text(omit_final_dot=True).rstrip(".").lower()
        kind = rdatatype.to_text(question.rdtype)
        self.asked.append(f"{name} {kind}")
        reply = message.make_response(asked)
        reply.flags |= flags.RA
        if name in self.failing:
            reply.set_rcode(rcode.SERVFAIL)
        elif not any(f".{known}".endswith(f".{name}".rstrip(".")) for known, _ in self.zone):
            reply.set_rcode(rcode.NXDOMAIN)
        elif records := self.zone.get((name, kind)):
            reply.answer.append(
                rrset.from_text_list(question.name, 60, rdataclass.IN, kind, list(records))
            )
        return reply.to_wire()


@asynccontextmanager
async def nameserver(zone: Zone, **how: object) -> AsyncIterator[NameServer]:
    """One running on 127.0.0.1 at `port`."""
    server = NameServer(zone, **how)  # type: ignore[arg-type]
    loop = asyncio.get_running_loop()
    by_tcp = await asyncio.start_server(server.by_tcp, "127.0.0.1", 0)
    server.port = by_tcp.sockets[0].getsockname()[1]
    udp, _ = await loop.create_datagram_endpoint(
        lambda: server, local_addr=("127.0.0.1", server.port)
    )
    try:
        yield server
    finally:
        udp.close()
        by_tcp.close()
        await by_tcp.wait_closed()


def quoted(text: str) -> str:
    """A TXT record's text form, cut into strings of at most 255 bytes as DNS wants them."""
    parts = (text[at : at + 255] for at in range(0, len(text), 255))
    return " ".join(f'"{part}"' for part in parts)
