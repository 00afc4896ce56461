"""Whatever lies in the inbox can be read."""

from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import NotFound
from digest.inbox import folder as files
from digest.inbox.received import count_messages, list_messages, read_message

from ...conftest import NOW


def keep(folder: Path, raw: bytes, at: datetime = NOW) -> str:
    return files.store_message(folder, files.Envelope("a@x.example", ("b@y.example",), at), raw)


def a_mail(subject: str = "Grüße — ship it") -> bytes:
    mail = EmailMessage()
    mail["From"] = "Weekly <digest@x.example>"
    mail["Subject"] = subject
    mail.set_content("the text, žluťoučký")
    mail.add_alternative("<p>the page, žluťoučký</p>", subtype="html")
    return mail.as_bytes()


def test_a_message_is_parsed(tmp_path: Path) -> None:
    raw = a_mail()
    message = read_message(tmp_path, keep(tmp_path, raw))
    assert message.summary.subject == "Grüße — ship it"
    assert message.summary.sender == "Weekly <digest@x.example>"
    assert message.summary.rcpt_to == ("b@y.example",)
    assert message.text is not None
    assert message.text.strip() == "the text, žluťoučký"
    assert message.html is not None
    assert message.html.strip() == "<p>the page, žluťoučký</p>"
    assert ("Subject", "Grüße — ship it") in message.headers
    assert message.raw == raw


def test_a_header_in_raw_utf_8_is_read(tmp_path: Path) -> None:
    message_id = keep(tmp_path, "Subject: Grüße\r\n\r\nx".encode())
    assert read_message(tmp_path, message_id).summary.subject == "Grüße"


def test_missing_parts_are_none(tmp_path: Path) -> None:
    message = read_message(tmp_path, keep(tmp_path, b"Subject: only text\r\n\r\nhello"))
    assert (message.html, message.text) == (None, "hello")


def test_an_unknown_charset_is_read_as_utf_8(tmp_path: Path) -> None:
    raw = 'Content-Type: text/plain; charset="klingon"\r\n\r\nnäh'.encode()
    assert read_message(tmp_path, keep(tmp_path, raw)).text == "näh"


def test_the_list_is_newest_first_and_comes_in_pages(tmp_path: Path) -> None:
    for n in range(5):
        keep(tmp_path, a_mail(f"number {n}"), NOW + timedelta(seconds=n))
    assert [m.subject for m in list_messages(tmp_path, 2)] == ["number 4", "number 3"]
    assert [m.subject for m in list_messages(tmp_path, 2, skip=4)] == ["number 0"]
    assert count_messages(tmp_path) == 5


def test_a_missing_message_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_message(tmp_path, "../../etc/passwd")


HEADERS = st.sampled_from(
    [
        b"Subject: =?utf-8?q?=FF=zz?=",
        b"Subject: =?nope?b?!!!?=",
        b"Subject: =?utf-8?b?A?=",
        b"Content-Type: multipart/alternative",
        b"Content-Type: multipart/mixed; boundary=b",
        b"Content-Type: text/html; charset=nope",
        b"Content-Type: text/html; charset=utf-16",
        b"Content-Type: message/rfc822",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: x-uuencode",
        b"Content-Disposition: attachment; filename*=nope''%ff",
        b"From: \xff\xfe <",
    ]
)


@given(
    head=st.lists(HEADERS, max_size=5),
    body=st.one_of(st.binary(max_size=200), st.just(b"--b\r\n\r\nx\r\n--b--\r\n")),
)
def test_no_bytes_break_the_reader(head: list[bytes], body: bytes) -> None:
    with TemporaryDirectory() as name:
        raw = b"\r\n".join([*head, b"", body])
        message = read_message(Path(name), keep(Path(name), raw))
        assert message.raw == raw
        (summary,) = list_messages(Path(name), 10)
        assert summary == message.summary
