"""`digest doctor`: what is set, what works, and what to mend first."""

import asyncio
import os
import shutil
from importlib.metadata import PackageNotFoundError, distribution
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from digest.delivery.ports import RelayUnavailable, TransportError
from digest.delivery.relay import parse_relay
from digest.delivery.transports.smtp import Deadlines, SmtpTransport
from digest.errors import DigestError
from digest.flows.sites import sending_domain, site_of
from digest.keyfile import read_keyring
from digest.migrate import require_current
from digest.rendering.dkim import read_keys
from digest.settings import LOOPBACK_HOSTS, Settings

PATIENCE = Deadlines(connect=10, command=20)
RESERVE_BYTES = 500_000_000


class Check(BaseModel):
    """One finding: `ok`, `warning` (works, but not for readers) or `error` (will not work)."""

    model_config = ConfigDict(frozen=True)

    name: str
    level: Literal["ok", "warning", "error"]
    message: str


async def check_up(settings: Settings) -> list[Check]:
    """All checks, in the order in which to mend them. Sends no mail and writes nothing."""
    return [
        _folder(settings),
        _secret_key(settings),
        await _database(settings),
        _public_url(settings),
        _sender(settings),
        _postal_address(settings),
        *_dkim(settings),
        _mjml(),
        await _relay(settings),
    ]


def _folder(settings: Settings) -> Check:
    folder = settings.data_dir
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return Check(name="folder", level="error", message=f"{folder} is not there or not writable")
    free = shutil.disk_usage(folder).free
    if free < RESERVE_BYTES:
        return Check(
            name="folder", level="warning", message=f"only {free // 1_000_000} MB free at {folder}"
        )
    return Check(name="folder", level="ok", message=f"{folder} is writable")


def _secret_key(settings: Settings) -> Check:
    try:
        read_keyring(settings)
    except DigestError as error:
        return Check(name="secret key", level="error", message=str(error))
    return Check(name="secret key", level="ok", message="there; is it in your backup?")


async def _database(settings: Settings) -> Check:
    try:
        await require_current(settings.store_url)
    except DigestError as error:
        return Check(name="database", level="error", message=str(error))
    return Check(name="database", level="ok", message="up to date")


def _public_url(settings: Settings) -> Check:
    host = urlsplit(settings.public_url).hostname
    if host in LOOPBACK_HOSTS:
        message = f"{settings.public_url} works on this machine only; set DIGEST_PUBLIC_URL"
        return Check(name="public URL", level="warning", message=message)
    return Check(name="public URL", level="ok", message=settings.public_url)


def _sender(settings: Settings) -> Check:
    try:
        domain = sending_domain(site_of(settings))
    except DigestError as error:
        return Check(name="sender", level="error", message=str(error))
    if domain.endswith("localdomain"):
        return Check(
            name="sender", level="warning", message="set DIGEST_SENDER to a name and address"
        )
    return Check(name="sender", level="ok", message=f"{settings.sender}")


def _postal_address(settings: Settings) -> Check:
    if not settings.postal_address.strip():
        message = "set DIGEST_POSTAL_ADDRESS: no issue is sent without one"
        return Check(name="postal address", level="warning", message=message)
    return Check(name="postal address", level="ok", message=settings.postal_address)


def _dkim(settings: Settings) -> list[Check]:
    """The records to publish; whether they are published is not looked up."""
    try:
        domain = sending_domain(site_of(settings))
        keys = read_keys(settings.dkim_keys)
    except DigestError as error:
        return [Check(name="DKIM", level="error", message=str(error))]
    if not keys:
        message = "no DIGEST_DKIM_KEYS: the relay must sign, List-Unsubscribe-Post included"
        return [Check(name="DKIM", level="warning", message=message)]
    return [
        Check(
            name="DKIM",
            level="ok",
            message=f"publish {key.selector}._domainkey.{domain} TXT {key.record()}",
        )
        for key in keys
    ]


def _mjml() -> Check:
    """The PyPI package `mjml` has the same import name as mjml-python and overwrites it."""
    try:
        distribution("mjml")
    except PackageNotFoundError:
        return Check(name="mjml", level="ok", message="mjml-python is in place")
    message = "the package 'mjml' overwrites mjml-python: uninstall both, install mjml-python"
    return Check(name="mjml", level="error", message=message)


async def _relay(settings: Settings) -> Check:
    if not settings.smtp_url:
        message = "none set (DIGEST_SMTP_URL); letters go to the built-in inbox, issues nowhere"
        return Check(name="relay", level="warning", message=message)
    try:
        relay = parse_relay(settings.smtp_url.get_secret_value())
        ehlo = urlsplit(settings.public_url).hostname or "localhost"
        async with asyncio.timeout(60):
            connection = await SmtpTransport(relay, ehlo, PATIENCE).connect()
            await connection.close()
    except (TransportError, TimeoutError) as trouble:
        return Check(name="relay", level="error", message=_hint(trouble))
    except DigestError as error:
        return Check(name="relay", level="error", message=str(error))
    login = "logged in" if relay.username else "no login"
    return Check(name="relay", level="ok", message=f"{relay} answers, {relay.tls}, {login}")


def _hint(error: Exception) -> str:
    """The stage that failed, and what to try."""
    trouble = str(error)
    if "logging in: 535" in trouble:
        return "Connected, but the password was refused (535). Check user and password."
    if "STARTTLS extension not supported" in trouble:
        return "Connected, but the relay offers no STARTTLS; try ?tls=implicit on port 465."
    if "CERTIFICATE_VERIFY_FAILED" in trouble:
        return f"Connected, but its certificate was not accepted ({trouble})."
    if isinstance(error, RelayUnavailable | TimeoutError):
        return f"{trouble or 'no answer'}. Check host and port."
    return trouble
