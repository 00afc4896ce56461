"""Workers on relays that a test scripts, and a clock that it moves."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from sqlmodel import col, select

from digest.delivery.guards.liveness import FileLock
from digest.delivery.ledger import mailings
from digest.delivery.ledger.accounting import Accounting, account
from digest.delivery.ledger.recovery import tidy
from digest.delivery.relay_address import RelayAddress, Tls
from digest.delivery.relays.config import RelayConfig
from digest.delivery.sending.route_sender import RelayEndpoint
from digest.delivery.sending.worker import Worker
from digest.delivery.states import DeliveryState, MailingState, Route
from digest.delivery.tables import Mailing
from digest.delivery.transports.smtp import SmtpTransport
from digest.store import Store
from subscribers.tables import Suppression
from tests.relay import Relay
from tests.unit.delivery.conftest import rows
from tests.unit.delivery.sending.test_worker import FAST, SHORT, compose


class Scene:
    """Workers on relays that a test scripts, and a clock that it moves."""

    def __init__(self, store: Store, folder: Path, now: datetime) -> None:
        self.store, self.now, self._folder = store, now, folder

    @asynccontextmanager
    async def working(self, *relays: Relay, connections: int = 2) -> AsyncIterator[Worker]:
        """A worker on these relays, called `a`, `b`, …."""
        liveness = FileLock(self._folder)

        async def housekeeping() -> None:
            async with self.store.write() as session:
                await tidy(session, liveness, self.now)

        made = Worker(
            store=self.store,
            liveness=liveness,
            routes={
                Route.RELAY: {
                    name: _endpoint(name, there, connections)
                    for name, there in zip("ab", relays, strict=False)
                }
            },
            compose=compose,
            housekeeping=housekeeping,
            clock=lambda: self.now,
            drain_seconds=5,
            timing=FAST,
        )
        task = asyncio.create_task(made.run())
        try:
            yield made
        finally:
            made.stop()
            await task

    async def counts(self) -> Accounting:
        async with self.store.read() as session:
            return await account(session, 1)

    async def mailing(self, mailing_id: int = 1) -> Mailing:
        async with self.store.read() as session:
            return await mailings.get_mailing(session, mailing_id)

    async def until(self, state: MailingState) -> Mailing:
        async with asyncio.timeout(60):
            while (found := await self.mailing()).state != state:
                await asyncio.sleep(0.02)
        return found

    async def settled(self) -> Accounting:
        """The counts once what was begun before a pause is held too, or it would pause again."""
        begun = (DeliveryState.CLAIMED, DeliveryState.ARMED, DeliveryState.REJECTED)
        async with asyncio.timeout(60):
            while any(row.state in begun for row in await rows(self.store)):
                await asyncio.sleep(0.02)
        return await self.counts()

    async def resume(self) -> None:
        async with self.store.write() as session:
            assert await mailings.resume(session, 1)

    async def suppressed(self) -> Sequence[Suppression]:
        async with self.store.read() as session:
            in_force = select(Suppression).where(col(Suppression.lifted_at).is_(None))
            return (await session.exec(in_force)).all()


def _endpoint(name: str, there: Relay, connections: int) -> RelayEndpoint:
    address = RelayAddress("127.0.0.1", there.port, Tls.NONE)
    config = RelayConfig(name=name, connections=connections, address=address)
    return RelayEndpoint(config, SmtpTransport(address, "localhost", SHORT))
