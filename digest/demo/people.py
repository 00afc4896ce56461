"""The demonstration's readers, who use the real form, the real mails and the real buttons."""

import asyncio
import re
import urllib.parse
import urllib.request
from pathlib import Path

from digest.errors import Refused
from digest.inbox.received import list_messages, read_message

NAMES = ("ada", "grace", "alan", "edsger", "barbara", "donald", "margaret", "tim")
CONFIRM_LINK = re.compile(r"https?://\S+/confirm/[\w.-]+")
UNSUBSCRIBE_LINK = re.compile(r"<(https?://\S+/unsubscribe/[^>]+)>")
TIMEOUT_SECONDS = 30


async def sign_up(site: str, names: tuple[str, ...] = NAMES) -> int:
    """Fill in the form for each name; the number of sign-ups."""
    for name in names:
        await _post(f"{site}/signup", {"address": f"{name}@readers.example.org"})
    return len(names)


async def confirm(inbox: Path, expected: int) -> int:
    """Wait for the confirmation mails, open each link, press its button; the number confirmed."""
    async with asyncio.timeout(TIMEOUT_SECONDS):
        while len(found := await asyncio.to_thread(_confirm_links, inbox)) < expected:
            await asyncio.sleep(0.2)
    for link in found:
        await _get(link)
        await _post(link, {})
    return len(found)


async def unsubscribe_with_one_click(inbox: Path, address: str) -> None:
    """Do what a mail program's own button does: POST to the URL in the header (RFC 8058)."""
    await _post(_one_click_url(inbox, address), {"List-Unsubscribe": "One-Click"})


def _confirm_links(inbox: Path) -> list[str]:
    texts = (read_message(inbox, found.id).text or "" for found in list_messages(inbox, 1000))
    return [match.group() for text in texts if (match := CONFIRM_LINK.search(text))]


def _one_click_url(inbox: Path, address: str) -> str:
    for found in list_messages(inbox, 1000):
        headers = dict(read_message(inbox, found.id).headers)
        match = UNSUBSCRIBE_LINK.search(headers.get("List-Unsubscribe", ""))
        if match and address in found.rcpt_to:
            return match.group(1)
    raise Refused(f"no issue for {address} in the inbox")


async def _post(url: str, fields: dict[str, str]) -> None:
    data = urllib.parse.urlencode(fields).encode()
    await asyncio.to_thread(_open, urllib.request.Request(url, data=data, method="POST"))  # noqa: S310


async def _get(url: str) -> None:
    await asyncio.to_thread(_open, urllib.request.Request(url))  # noqa: S310


def _open(request: urllib.request.Request) -> None:
    # Only ever the demonstration's own pages on loopback.
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
        answer.read()
