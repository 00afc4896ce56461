"""An SMTP server that answers lines by their beginning, byte for byte as a test says."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

USUAL: Mapping[bytes, str | bytes] = {
    b"": "220 relay.test",
    b"EHLO": "250 relay.test",
    b"MAIL": "250 ok",
    b"RCPT": "250 ok",
    b"DATA": "354 go on",
    b".": "250 queued",
    b"RSET": "250 ok",
    b"QUIT": "221 bye",
}


@asynccontextmanager
async def raw_server(answers: Mapping[bytes, str | bytes]) -> AsyncIterator[int]:
    """Yields the port. A text is a reply and gets its CR LF; bytes go out as they are.

    `b""` is the banner. A line that nothing is said about counts as text of a message.
    """
    said = {**USUAL, **answers}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _answer(writer, said[b""])
            while line := await reader.readline():
                for begin, reply in said.items():
                    if begin and line.startswith(begin):
                        await _answer(writer, reply)
                        break
        except OSError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _answer(writer: asyncio.StreamWriter, reply: str | bytes) -> None:
    writer.write(reply if isinstance(reply, bytes) else f"{reply}\r\n".encode())
    await writer.drain()
