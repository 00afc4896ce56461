"""The inbox's folder keeps whole messages and gives nothing else away."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from digest.errors import NotFound
from digest.inbox import folder as files
from digest.inbox.folder import Envelope


def envelope(now: datetime) -> Envelope:
    return Envelope(mail_from="a@x.example", rcpt_to=("b@y.example",), received_at=now)


def test_what_is_stored_is_loaded_byte_for_byte(tmp_path: Path, now: datetime) -> None:
    raw = b"Subject: x\r\n\r\n\xff\x00 body\r\n"
    message_id = files.store_message(tmp_path, envelope(now), raw)
    assert files.load_message(tmp_path, message_id) == (envelope(now), raw)


def test_ids_come_newest_first(tmp_path: Path, now: datetime) -> None:
    stored = [
        files.store_message(tmp_path, envelope(now + timedelta(microseconds=n)), b"")
        for n in range(5)
    ]
    assert files.message_ids(tmp_path) == stored[::-1]


def test_a_missing_folder_is_an_empty_inbox(tmp_path: Path) -> None:
    assert files.message_ids(tmp_path / "nowhere") == []


def test_unfinished_and_foreign_files_are_not_messages(tmp_path: Path, now: datetime) -> None:
    message_id = files.store_message(tmp_path, envelope(now), b"x")
    (tmp_path / f".{message_id}.eml.part").write_bytes(b"half")
    (tmp_path / "notes.eml").write_bytes(b"not ours")
    assert files.message_ids(tmp_path) == [message_id]


def test_a_failed_write_leaves_nothing_behind(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("digest.inbox.folder.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.store_message(tmp_path, envelope(now), b"x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "message_id", ["../secret", "..%2fsecret", "", "x", "20261120T120000000000-abcdef12\n", "/etc"]
)
def test_only_a_valid_id_is_looked_up(tmp_path: Path, message_id: str) -> None:
    (tmp_path.parent / "secret.eml").write_bytes(b"secret")
    with pytest.raises(NotFound):
        files.load_message(tmp_path, message_id)


def test_an_id_that_names_no_message_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        files.load_message(tmp_path, "20261120T120000000000-abcdef12")
