"""The inbox takes real SMTP and answers 250 only for what it has."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest

from digest.inbox import folder as files
from digest.inbox.server import LARGEST_MESSAGE, Inbox

MESSAGE = b"From: a@x.example\r\nSubject: Hello\r\n\r\n.dot\r\nbody\r\n"


@pytest.fixture
async def inbox(tmp_path: Path, now: datetime) -> AsyncIterator[Inbox]:
    async with Inbox(tmp_path / "inbox", clock=lambda: now) as inbox:
        yield inbox


def send(port: int, raw: bytes, to: str = "b@y.example", options: tuple[str, ...] = ()) -> None:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="client", timeout=10) as client:
        client.ehlo()
        client.sendmail("a@x.example", [to], raw, mail_options=options)


async def test_a_message_is_stored_as_it_came_with_its_envelope(
    inbox: Inbox, now: datetime
) -> None:
    await asyncio.to_thread(send, inbox.port, MESSAGE)
    (message_id,) = files.message_ids(inbox.folder)
    envelope, raw = files.load_message(inbox.folder, message_id)
    assert raw == MESSAGE
    assert envelope == files.Envelope("a@x.example", ("b@y.example",), now)


async def test_an_address_outside_ascii_is_taken(inbox: Inbox) -> None:
    await asyncio.to_thread(send, inbox.port, MESSAGE, "jörg@bücher.example", ("SMTPUTF8",))
    (message_id,) = files.message_ids(inbox.folder)
    assert files.load_message(inbox.folder, message_id)[0].rcpt_to == ("jörg@bücher.example",)


async def test_a_message_over_the_limit_is_refused_and_not_stored(inbox: Inbox) -> None:
    huge = MESSAGE + (b"y" * 998 + b"\r\n") * (LARGEST_MESSAGE // 1000 + 1)
    with pytest.raises(smtplib.SMTPException, match="552"):
        await asyncio.to_thread(send, inbox.port, huge)
    assert files.message_ids(inbox.folder) == []


async def test_a_message_that_cannot_be_stored_gets_a_452(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("digest.inbox.server.store_message", full)
    with pytest.raises(smtplib.SMTPDataError, match="cannot store") as caught:
        await asyncio.to_thread(send, inbox.port, MESSAGE)
    assert caught.value.smtp_code == 452


async def test_several_servers_share_one_folder(inbox: Inbox) -> None:
    async with Inbox(inbox.folder) as other:
        assert other.port != inbox.port
        await asyncio.gather(
            *(asyncio.to_thread(send, box.port, MESSAGE) for box in (inbox, other) * 5)
        )
    assert len(files.message_ids(inbox.folder)) == 10


async def test_it_listens_on_loopback_only(inbox: Inbox) -> None:
    assert inbox._server is not None
    assert [socket.getsockname()[0] for socket in inbox._server.sockets] == ["127.0.0.1"]


async def test_stopping_answers_the_message_it_is_storing(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, finish = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(*args: object) -> str:
        loop.call_soon_threadsafe(started.set)
        asyncio.run_coroutine_threadsafe(finish.wait(), loop).result(10)
        return files.store_message(*args)  # type: ignore[arg-type]

    monkeypatch.setattr("digest.inbox.server.store_message", slow)
    sending = asyncio.create_task(asyncio.to_thread(_send_and_drop, inbox.port))
    await started.wait()
    stopping = asyncio.create_task(inbox.stop())
    await asyncio.sleep(0.05)
    finish.set()
    await stopping
    assert (await sending)[0] == 250
    assert len(files.message_ids(inbox.folder)) == 1


async def test_stopping_hangs_up_on_idle_clients_and_can_be_repeated(inbox: Inbox) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", inbox.port)
    assert (await reader.readline()).startswith(b"220 ")
    await inbox.stop()
    await inbox.stop()
    assert await reader.read() == b""
    writer.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", inbox.port)


def _send_and_drop(port: int) -> tuple[int, bytes]:
    client = smtplib.SMTP("127.0.0.1", port, local_hostname="client", timeout=10)
    client.ehlo()
    client.mail("a@x.example")
    client.rcpt("b@y.example")
    try:
        return client.data(MESSAGE)
    finally:
        client.close()
