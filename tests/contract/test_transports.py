"""What every transport promises: nothing is delivered without `finish`."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest

from digest.delivery.ports import Outgoing, Transport
from digest.delivery.relay_address import RelayAddress, Tls
from digest.delivery.transports.smtp import SmtpTransport
from tests.memory_transport import MemoryTransport
from tests.relay import Relay

BODY = b"Subject: hello\r\n\r\n=2Ea line that begins with a dot\r\nFrom the last\r\n"


@dataclass
class Bench:
    """A transport, and how to see what it delivered."""

    transport: Transport
    delivered: Callable[[], list[bytes]]


@pytest.fixture(params=["memory", "smtp", "smtp, pipelined"])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    if request.param == "memory":
        memory = MemoryTransport()
        yield Bench(memory, lambda: [message.data for message in memory.sent])
    else:
        offers = ("PIPELINING",) if "pipelined" in request.param else ()
        async with Relay(extensions=offers) as relay:
            address = RelayAddress("127.0.0.1", relay.port, Tls.NONE)
            yield Bench(
                SmtpTransport(address, "localhost"),
                lambda: [taken.data for taken in relay.taken],
            )


def outgoing(number: int = 1) -> Outgoing:
    return Outgoing(number, "bounces+1@news.example.org", f"reader{number}@example.org", BODY)


async def test_a_finished_message_arrives_byte_for_byte(bench: Bench) -> None:
    connection = await bench.transport.connect()
    await connection.stage(outgoing())
    reply = await connection.finish()
    await connection.close()
    assert reply.code == 250
    assert bench.delivered() == [BODY]


async def test_a_staged_message_is_not_delivered_yet(bench: Bench) -> None:
    connection = await bench.transport.connect()
    await connection.stage(outgoing())
    assert bench.delivered() == []
    await connection.abandon()
    assert bench.delivered() == []


async def test_closing_does_not_send_what_was_staged(bench: Bench) -> None:
    connection = await bench.transport.connect()
    await connection.stage(outgoing())
    await connection.abandon()
    await connection.close()
    assert bench.delivered() == []


async def test_one_connection_carries_many_messages(bench: Bench) -> None:
    connection = await bench.transport.connect()
    for number in range(5):
        await connection.stage(outgoing(number))
        assert (await connection.finish()).code == 250
    await connection.close()
    assert len(bench.delivered()) == 5


async def test_closing_twice_is_harmless(bench: Bench) -> None:
    connection = await bench.transport.connect()
    await connection.close()
    await connection.close()


async def test_the_next_message_may_be_announced_with_the_dot(bench: Bench) -> None:
    connection = await bench.transport.connect()
    messages = [outgoing(number) for number in range(5)]
    for message, then in zip(messages, [*messages[1:], None], strict=True):
        await connection.stage(message)
        assert (await connection.finish(then)).code == 250
    await connection.close()
    assert len(bench.delivered()) == 5


async def test_a_message_that_was_only_announced_is_not_delivered(bench: Bench) -> None:
    connection = await bench.transport.connect()
    await connection.stage(outgoing(1))
    await connection.finish(outgoing(2))
    await connection.close()
    assert len(bench.delivered()) == 1
