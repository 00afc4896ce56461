"""Logs in to a relay (RFC 4954), whatever its habits.

Not left to aiosmtplib: it sends the user's name with AUTH LOGIN, and takes the next challenge
for that of the password. A server that ignores the name there asks for it first, and would get
the password instead. LOGIN has no standard; asking first is what all servers understand.
"""

import base64
import hmac
from collections.abc import Awaitable, Callable
from typing import Protocol

from digest.delivery.ports import RelayRefused, RelayUnavailable, Reply

CONTINUE, DONE, CLOSING = 334, 235, 421

Ask = Callable[[bytes], Awaitable[Reply]]


class Method(Protocol):
    """One SASL mechanism: asks until the relay has decided."""

    async def __call__(self, ask: Ask, username: str, password: str) -> Reply: ...


async def log_in(ask: Ask, offered: list[str], username: str, password: str) -> None:
    """Try the methods that both sides know; `ask` sends a line and returns the reply.

    Raises `RelayRefused` with the first refusal, or with what is offered if nothing fits.
    """
    methods = [method for name, method in METHODS.items() if name in offered]
    if not methods:
        raise RelayRefused(f"logging in: {_nothing_fits(offered)}")
    refusals = []
    for method in methods:
        reply = await method(ask, username, password)
        if reply.code == DONE:
            return
        if reply.code == CLOSING:
            raise RelayUnavailable(f"logging in: {reply}")
        refusals.append(reply)
    raise RelayRefused(f"logging in: {refusals[0]}")


async def _plain(ask: Ask, username: str, password: str) -> Reply:
    secret = _coded(f"\0{username}\0{password}")
    reply = await ask(b"AUTH PLAIN " + secret)
    # A server may ignore the initial response, and ask for it with an empty challenge.
    return await ask(secret) if reply.code == CONTINUE else reply


async def _login(ask: Ask, username: str, password: str) -> Reply:
    reply = await ask(b"AUTH LOGIN")
    for answer in (username, password):
        if reply.code != CONTINUE:
            break
        reply = await ask(_coded(answer))
    return reply


async def _cram_md5(ask: Ask, username: str, password: str) -> Reply:
    reply = await ask(b"AUTH CRAM-MD5")
    if reply.code != CONTINUE:
        return reply
    try:
        challenge = base64.b64decode(reply.text, validate=True)
    except ValueError:
        return await ask(b"*")  # cancels the dialogue (RFC 4954 section 4)
    digest = hmac.new(password.encode(), challenge, "md5").hexdigest()
    return await ask(_coded(f"{username} {digest}"))


# In this order: the session is encrypted, and a server that keeps only hashes of passwords
# offers CRAM-MD5 in vain.
METHODS: dict[str, Method] = {"plain": _plain, "login": _login, "cram-md5": _cram_md5}


def _nothing_fits(offered: list[str]) -> str:
    if not offered:
        return (
            "the relay offers no login on this port; try port 587 or 465, "
            "or leave user and password out"
        )
    names = " and ".join(dict.fromkeys(name.upper() for name in offered))
    return (
        f"the relay offers {names} only, and we know PLAIN, LOGIN and CRAM-MD5; "
        "look for an app password or SMTP credentials at the provider"
    )


def _coded(text: str) -> bytes:
    return base64.b64encode(text.encode())
