"""The installation of fault runs: made once with an approved issue, then copied for each run."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlmodel import col, select

from digest.app import App, utc_now
from digest.bootstrap import open_app
from digest.delivery.ledger.accounting import Accounting, account
from digest.delivery.tables import Delivery
from digest.keyfile import make_key_file
from digest.migrate import upgrade
from digest.services.issues.approve import approve_issue
from digest.services.issues.compose import compose_issue
from digest.services.sending.start import send_issue
from digest.settings import Settings
from digest.store import open_store
from schedules.editions import create_default, get_edition
from schedules.states import OnUnknown
from subscribers.states import SubscriptionState
from subscribers.tables import Subscriber, Subscription
from tests.catalogue import add_comparison
from tests.faults.verdicts import Row
from tests.postgres import Cluster, database_of
from tests.readers import EDITOR

EDITION = "weekly"
CONNECTIONS = 4
Values = dict[str, Any]


@dataclass(frozen=True)
class Template:
    """What a run starts from: a folder, and a database in it or on a server."""

    folder: Path
    cluster: Cluster | None = None
    url: str | None = None

    def copied(self, folder: Path) -> Values:
        """Settings of a new copy in `folder`, whose parent must exist."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        if self.cluster is None or self.url is None:
            return {"data_dir": folder}
        url = self.cluster.new_database(template=database_of(self.url))
        return {"data_dir": folder, "database_url": url}


@dataclass(frozen=True)
class Installation:
    """Settings as plain values, which can be passed to a child process."""

    values: Values

    def settings(self) -> Settings:
        """The settings of the run; environment variables are ignored."""
        return Settings(_env_file=None, **self.values)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[App]:
        """The application, to inspect it and to start sending."""
        async with open_app(self.settings()) as app:
            yield app


async def prepare(folder: Path, readers: int, cluster: Cluster | None = None) -> Template:
    """An installation with an approved issue 1 and `readers` confirmed readers."""
    url = cluster.new_database() if cluster else None
    where = {"database_url": url} if url else {}
    installation = Installation({"data_dir": folder, **where, **values_for(port=25)})
    settings = installation.settings()
    make_key_file(settings.data_dir)
    await upgrade(settings.store_url)
    store = open_store(settings.store_url)
    async with store.write() as session:
        await create_default(session, utc_now())
    await store.close()
    async with installation.opened() as app:
        await _fill(app, readers)
        await compose_issue(app, EDITOR, EDITION)
        await approve_issue(app, EDITOR, 1)
    return Template(folder, cluster, url)


async def start(
    template: Template, folder: Path, port: int, policy: OnUnknown, **more: object
) -> Installation:
    """A copy of what `prepare` made, whose issue 1 is being sent to the relay at `port`.

    `more` are settings that differ for this run.
    """
    installation = Installation({**template.copied(folder), **values_for(port), **more})
    async with installation.opened() as app:
        async with app.store.write() as session:
            (await get_edition(session, EDITION)).on_unknown = policy
        await send_issue(app, EDITOR, 1)
    return installation


async def look(app: App) -> tuple[dict[str, Row], Accounting]:
    """Every delivery of the issue by address, and the accounting equation."""
    async with app.store.read() as session:
        deliveries = (await session.exec(select(Delivery).order_by(col(Delivery.id)))).all()
        counts = await account(session, deliveries[0].mailing_id)
    found = {row.address: Row(str(row.state), row.unknowns, row.owner) for row in deliveries}
    return found, counts


def addresses(readers: int) -> list[str]:
    """The addresses of the issue's readers."""
    return [f"reader{number}@example.org" for number in range(1, readers + 1)]


def values_for(port: int) -> Values:
    """Settings with the relay at `port`."""
    return {
        "public_url": "https://digest.example.org",
        "smtp_url": f"smtp://127.0.0.1:{port}?tls=none",
        "connections": CONNECTIONS,
        "sender": "Weekly Verdicts <verdicts@news.example.org>",
        "postal_address": "1 Test Street, 10115 Berlin",
    }


async def _fill(app: App, readers: int) -> None:
    now = app.clock()
    async with app.store.write() as session:
        await add_comparison(session, "Alpha", "Beta", now)
        people = [
            Subscriber(
                address=address,
                normalised=address,
                address_hash=app.keyring.address_hash(address),
                created_at=now,
            )
            for address in addresses(readers)
        ]
        session.add_all(people)
        await session.flush()
        session.add_all(
            Subscription(
                subscriber_id=one.id or 0,
                edition=EDITION,
                state=SubscriptionState.ACTIVE,
                confirmed_at=now,
            )
            for one in people
        )
