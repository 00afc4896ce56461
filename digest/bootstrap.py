"""The composition root: settings → keys → store → app → worker. Only this module builds them."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url

from digest.app import App, utc_now
from digest.databases.sqlite import path_of
from digest.delivery.guards.advisory_lock import AdvisoryLock
from digest.delivery.guards.liveness import FileLock, Liveness, lock_folder_of
from digest.delivery.guards.reserve import DiskReserve
from digest.delivery.relay_address import RelayAddress, Tls
from digest.delivery.relays.config import RelayConfig
from digest.delivery.relays.config_file import relays_of
from digest.delivery.sending.route_sender import RelayEndpoint
from digest.delivery.sending.worker import Worker
from digest.delivery.states import Route
from digest.delivery.transports.smtp import SmtpTransport
from digest.engine.embedded import EmbeddedEngine
from digest.engine.ports import Chore, Engine
from digest.engine.procrastinate import ProcrastinateEngine
from digest.inbox.server import Inbox
from digest.keyfile import read_keyring
from digest.migrate import require_current
from digest.rendering.message.dkim import read_keys
from digest.services.readers.retention import forget_unconfirmed_signups
from digest.services.sending.deliver import advance_schedule, answer_signups, deliver_mailing
from digest.services.sending.housekeeping import housekeep
from digest.services.sending.messages import MessageWriter
from digest.settings import Settings, load_settings
from digest.store import open_store
from digest.uptime import Uptime, uptime_now

Routes = Mapping[Route, Mapping[str, RelayEndpoint]]


@dataclass(frozen=True)
class Sender:
    """A worker and the engine that drives it. `app` knows which routes other workers serve."""

    app: App
    worker: Worker
    engine: Engine


@asynccontextmanager
async def open_app(
    settings: Settings | None = None,
    clock: Callable[[], datetime] = utc_now,
    uptime: Callable[[], Uptime] = uptime_now,
) -> AsyncIterator[App]:
    """An open installation that `digest init` has created. Raises `Misconfigured`."""
    settings = settings or load_settings()
    keyring = read_keyring(settings)
    await require_current(settings.store_url)
    app = App(settings, open_store(settings.store_url), keyring, clock, uptime)
    try:
        yield app
    finally:
        await app.store.close()


@asynccontextmanager
async def open_worker(app: App) -> AsyncIterator[Worker]:
    """A worker for all routes, without an engine: it sends only what the ledger holds."""
    async with open_sender(app) as sender:
        yield sender.worker


@asynccontextmanager
async def open_sender(app: App) -> AsyncIterator[Sender]:
    """A sender for all routes, with the built-in inbox on loopback as one of them."""
    async with (
        Inbox(app.settings.inbox_dir) as inbox,
        _sender(app, _routes(app.settings, inbox.port)) as sender,
    ):
        yield sender


@asynccontextmanager
async def open_relay_sender(app: App) -> AsyncIterator[Sender]:
    """A sender for the relays only: the inbox belongs to `digest serve`."""
    async with _sender(app, _routes(app.settings, inbox_port=None)) as sender:
        yield sender


def _engine(app: App, worker: Worker) -> Engine:
    """What does the chores and hands mailings to the worker."""
    if app.store.is_shared:
        deliver = partial(deliver_mailing, app, worker)
        return ProcrastinateEngine(app.store.url, _chores(app, worker), deliver)
    return EmbeddedEngine(_chores(app, worker))


def _chores(app: App, worker: Worker) -> list[Chore]:
    """Everything that is done periodically. To add a chore, add an entry."""
    return [
        Chore("tick", partial(advance_schedule, app, worker), every_seconds=20),
        Chore("sign-ups", partial(answer_signups, app, worker), every_seconds=5),
        Chore("forget", partial(forget_unconfirmed_signups, app), every_seconds=1800),
    ]


@asynccontextmanager
async def _sender(
    app: App, routes: Mapping[Route, Mapping[str, RelayEndpoint]]
) -> AsyncIterator[Sender]:
    liveness = await _take_lock(app, routes)
    app = replace(app, relay_elsewhere=partial(liveness.serves, Route.RELAY))
    try:
        worker = Worker(
            store=app.store,
            liveness=liveness,
            routes=routes,
            compose=MessageWriter(app, read_keys(app.settings.dkim_keys)).compose,
            housekeeping=partial(housekeep, app, liveness),
            clock=app.clock,
            drain_seconds=app.settings.drain_seconds,
            has_room=_reserve(app.settings).has_room,
        )
        yield Sender(app, worker, _engine(app, worker))
    finally:
        if not liveness.lost():  # a worker that ran has released it already
            liveness.release()


def _routes(settings: Settings, inbox_port: int | None) -> Routes:
    """Route → its relays by name; without a configured relay there is only the inbox."""
    routes = {Route.RELAY: relays_of(settings)}
    if inbox_port is not None:
        inbox = RelayConfig(
            name="inbox",
            connections=settings.connections,
            address=RelayAddress(host="127.0.0.1", port=inbox_port, tls=Tls.NONE),
        )
        routes[Route.INBOX] = (inbox,)
    ehlo = urlsplit(settings.public_url).hostname or "localhost"
    return {
        route: {one.name: RelayEndpoint(one, SmtpTransport(one.address, ehlo)) for one in relays}
        for route, relays in routes.items()
        if relays
    }


def _reserve(settings: Settings) -> DiskReserve:
    """Watches the disk of an SQLite database; the server of PostgreSQL has its own monitoring."""
    path = path_of(settings.store_url)
    return DiskReserve(path.parent if path else None, settings.disk_reserve_mb)


async def _take_lock(app: App, routes: Collection[Route]) -> Liveness:
    """The lock by which other workers see that this one is alive, and its routes."""
    if app.store.is_shared:
        return await AdvisoryLock.take(app.store.url, routes)
    return FileLock(_lock_folder(app.settings), routes)


def _lock_folder(settings: Settings) -> Path:
    database = make_url(settings.store_url).database
    if not database:
        return settings.data_dir / "workers"
    return lock_folder_of(Path(database))
