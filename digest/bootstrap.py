"""The composition root: settings → keys → store → app → worker. Nothing is built elsewhere."""

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
from digest.flows.housekeeping import housekeep
from digest.flows.messages import MessageWriter
from digest.inbox.server import Inbox
from digest.keyfile import read_keyring
from digest.migrate import require_current
from digest.rendering.dkim import read_keys
from digest.settings import Settings, load_settings
from digest.store import open_store


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
