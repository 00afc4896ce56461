"""The composition root: settings → keys → store → app → worker. Nothing is built elsewhere."""

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url

from digest.app import App
from digest.delivery.liveness import FileLock
from digest.delivery.ports import Transport
from digest.delivery.relay import Relay, Tls, parse_relay
from digest.delivery.tables import Route
from digest.delivery.transports.smtp import SmtpTransport
from digest.delivery.worker import Worker
from digest.errors import Misconfigured
from digest.flows.housekeeping import housekeep
from digest.flows.messages import MessageWriter
from digest.inbox.server import Inbox
from digest.migrate import require_current
from digest.rendering.dkim import read_keys
from digest.settings import Settings, load_settings
from digest.store import open_store
from subscribers.keys import Keyring

KEY_FILE = "secret.key"


@asynccontextmanager
async def open_app(settings: Settings | None = None) -> AsyncIterator[App]:
    """The installation, opened; `digest init` must have made it."""
    settings = settings or load_settings()
    keyring = read_keyring(settings)
    await require_current(settings.store_url)
    app = App(settings=settings, store=open_store(settings.store_url), keyring=keyring)
    try:
        yield app
    finally:
        await app.store.close()


@asynccontextmanager
async def open_worker(app: App) -> AsyncIterator[Worker]:
    """A worker for all routes, with an inbox of its own on loopback to hand mail to."""
    async with Inbox(app.settings.inbox_dir) as inbox:
        liveness = FileLock(_lock_folder(app.settings))
        yield Worker(
            store=app.store,
            liveness=liveness,
            transports=_transports(app.settings, inbox.port),
            compose=MessageWriter(app, read_keys(app.settings.dkim_keys)).compose,
            housekeeping=partial(housekeep, app, liveness),
            clock=app.clock,
            connections=app.settings.connections,
            drain_seconds=app.settings.drain_seconds,
        )


def _transports(settings: Settings, inbox_port: int) -> dict[Route, Transport]:
    ehlo = urlsplit(settings.public_url).hostname or "localhost"
    inbox = Relay(host="127.0.0.1", port=inbox_port, tls=Tls.NONE)
    transports: dict[Route, Transport] = {Route.INBOX: SmtpTransport(inbox, ehlo)}
    if settings.smtp_url:
        relay = parse_relay(settings.smtp_url.get_secret_value())
        transports[Route.RELAY] = SmtpTransport(relay, ehlo)
    return transports


def _lock_folder(settings: Settings) -> Path:
    """Beside the database file itself: all who open it, by whatever link, look for locks there."""
    database = make_url(settings.store_url).database
    if not database:
        return settings.data_dir / "workers"
    return Path(f"{Path(database).resolve()}.workers")


def read_keyring(settings: Settings) -> Keyring:
    """The keys from the settings, else from the key file. Raises `Misconfigured`."""
    try:
        if settings.secret_key:
            return Keyring.from_text(settings.secret_key.get_secret_value())
        return Keyring.from_text((settings.data_dir / KEY_FILE).read_text(encoding="ascii"))
    except FileNotFoundError:
        raise Misconfigured(
            f"there is no secret key at {settings.data_dir / KEY_FILE}: run `digest init`"
        ) from None
    except ValueError as error:
        raise Misconfigured(f"DIGEST_SECRET_KEY: {error}") from None


def make_key_file(folder: Path) -> bool:
    """Write a fresh random key, readable by the owner only; False if there is one already."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(folder / KEY_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(32))
    return True
