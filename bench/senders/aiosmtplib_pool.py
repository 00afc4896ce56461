"""aiosmtplib over several connections, the bytes built beforehand.

Usage: python -m bench.senders.aiosmtplib_pool PORT MESSAGES FILE CONNECTIONS.
"""

import asyncio
import sys
from pathlib import Path

import aiosmtplib

from bench.measurement import Measurement, Stopwatch


async def send(port: int, messages: int, data: bytes, connections: int) -> Measurement:
    """Share the messages among the connections."""
    left = iter(range(messages))

    async def lane() -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
            for number in left:
                await client.sendmail("bounces@example.org", [f"reader{number}@example.org"], data)

    watch = Stopwatch()
    await asyncio.gather(*(lane() for _ in range(connections)))
    return watch.measure(messages)


if __name__ == "__main__":
    port, messages, file, connections = sys.argv[1:]
    data = Path(file).read_bytes()
    asyncio.run(send(int(port), int(messages), data, int(connections))).print()
