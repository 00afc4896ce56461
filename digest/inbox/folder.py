"""The inbox's folder: one `<id>.eml` with the exact bytes received, one `<id>.json` beside it.

The envelope (`mail_from`, `rcpt_to`, `received_at`) is not part of the message,
so it lives in the JSON file. Ids sort by time. The message file appears last
and complete, so a listing never shows half a message, and several processes may
write into one folder.
"""

import json
import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest.errors import NotFound

MESSAGE_ID = re.compile(r"\d{8}T\d{12}-[0-9a-f]{8}")


@dataclass(frozen=True)
class Envelope:
    """The SMTP envelope of a message. `mail_from` is empty for a null sender."""

    mail_from: str
    rcpt_to: tuple[str, ...]
    received_at: datetime


def store_message(folder: Path, envelope: Envelope, raw: bytes) -> str:
    """Store one message and return its id. On return it is on disk. Raises `OSError`."""
    folder.mkdir(parents=True, exist_ok=True)
    message_id = f"{envelope.received_at:%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"
    _write(folder / f"{message_id}.json", _dump(envelope))
    _write(folder / f"{message_id}.eml", raw)
    _sync_folder(folder)
    return message_id


def message_ids(folder: Path) -> list[str]:
    """The ids of all messages, newest first."""
    return sorted(_ids(folder), reverse=True)


def load_message(folder: Path, message_id: str) -> tuple[Envelope, bytes]:
    """One message with its envelope. Raises `NotFound`, for an invalid id too."""
    if not MESSAGE_ID.fullmatch(message_id):
        raise NotFound("there is no such message in the inbox")
    try:
        raw = (folder / f"{message_id}.eml").read_bytes()
        envelope = _parse((folder / f"{message_id}.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFound("there is no such message in the inbox") from None
    return envelope, raw


def _ids(folder: Path) -> Iterator[str]:
    try:
        entries = os.scandir(folder)
    except FileNotFoundError:
        return
    with entries:
        for entry in entries:
            stem, dot, suffix = entry.name.rpartition(".")
            if dot and suffix == "eml" and MESSAGE_ID.fullmatch(stem):
                yield stem


def _write(path: Path, data: bytes) -> None:
    partial = path.with_name(f".{path.name}.part")
    try:
        with partial.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # folders cannot be opened there
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _dump(envelope: Envelope) -> bytes:
    return json.dumps(
        {
            "mail_from": envelope.mail_from,
            "rcpt_to": list(envelope.rcpt_to),
            "received_at": envelope.received_at.isoformat(),
        },
        ensure_ascii=True,
    ).encode()


def _parse(text: str) -> Envelope:
    data = json.loads(text)
    return Envelope(
        mail_from=data["mail_from"],
        rcpt_to=tuple(data["rcpt_to"]),
        received_at=datetime.fromisoformat(data["received_at"]),
    )
