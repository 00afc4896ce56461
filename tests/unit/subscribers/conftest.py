"""What readers and editors do, in short; each call is a transaction of its own."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from digest.store import Store
from subscribers import asking, importing, signup, subscriptions, suppression
from subscribers.address import EmailAddress
from subscribers.asking import Requested
from subscribers.audience import audience
from subscribers.caps import CAPS, ConfirmationCaps
from subscribers.consent import WORDING, history
from subscribers.erasure import Erased, erase
from subscribers.importing import ImportCounts
from subscribers.keys import Keyring
from subscribers.readers import find
from subscribers.signup import Confirmation
from subscribers.states import SuppressionReason
from subscribers.tables import ConsentEvent

ANN = EmailAddress.parse("ann@example.org")


@dataclass
class ReaderActions:
    """Acts on a store, with a clock that the test moves."""

    store: Store
    keyring: Keyring
    now: datetime
    caps: ConfirmationCaps = CAPS
    requested: Requested | None = None

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    async def request(
        self,
        address: EmailAddress = ANN,
        edition: str = "weekly",
        ip: str | None = None,
        origin: str | None = None,
    ) -> str | None:
        """Sign up; the secret of the link, or None if no mail is sent."""
        async with self.store.write() as session:
            self.requested = await asking.request(
                session,
                self.keyring,
                address,
                edition,
                source="test",
                wording=WORDING,
                ip=ip,
                origin=origin,
                now=self.now,
                caps=self.caps,
            )
            token = self.requested.token
            return signup.raw_token(self.keyring, token) if token else None

    async def confirm(
        self, raw: str, ip: str | None = None, shown: tuple[str, ...] = ()
    ) -> Confirmation:
        async with self.store.write() as session:
            return await signup.confirm(session, raw, now=self.now, ip=ip, shown=shown)

    async def read_link(self, raw: str) -> signup.PendingConfirmation:
        async with self.store.read() as session:
            return await signup.read_link(session, raw, self.now)

    async def join(self, address: EmailAddress = ANN, edition: str = "weekly") -> int:
        """Sign up and confirm; the id of the reader."""
        raw = await self.request(address, edition)
        assert raw is not None
        return (await self.confirm(raw)).subscriber_id

    async def unsubscribe(self, subscriber_id: int, edition: str | None = "weekly") -> bool:
        async with self.store.write() as session:
            return await subscriptions.unsubscribe(
                session, subscriber_id, edition, source="test", now=self.now
            )

    async def set_editions(self, subscriber_id: int, *wanted: str) -> subscriptions.EditionChanges:
        async with self.store.write() as session:
            return await subscriptions.set_editions(
                session, subscriber_id, wanted, source="test", now=self.now
            )

    async def suppress(self, reason: SuppressionReason, address: EmailAddress = ANN) -> bool:
        async with self.store.write() as session:
            return await suppression.suppress(
                session, self.keyring, address, reason, source="test", now=self.now
            )

    async def lift(self, address: EmailAddress = ANN) -> list[SuppressionReason]:
        async with self.store.write() as session:
            return await suppression.lift_by_editor(
                session, self.keyring, address, source="test", now=self.now
            )

    async def erase(self, address: EmailAddress = ANN) -> Erased | None:
        async with self.store.write() as session:
            return await erase(session, self.keyring, address, source="test", now=self.now)

    async def import_file(
        self, path: Path, edition: str = "weekly", *, confirmed: bool = True
    ) -> ImportCounts:
        with importing.check(path, self.keyring) as checked:
            checked.choose_edition(edition)
            async with self.store.write() as session:
                return await importing.store(
                    session,
                    checked,
                    edition=edition,
                    confirmed=confirmed,
                    source="test",
                    now=self.now,
                )

    async def id_of(self, address: EmailAddress = ANN) -> int:
        """The id of the reader, or one that nobody has."""
        async with self.store.read() as session:
            found = await find(session, self.keyring, address)
        return found.id if found and found.id else 0

    async def audience(self, edition: str = "weekly") -> list[str]:
        async with self.store.read() as session:
            return [str(row[1]) for row in await session.exec(audience(edition))]

    async def events(self, subscriber_id: int) -> list[str]:
        async with self.store.read() as session:
            return [str(event.kind) for event in await history(session, subscriber_id)]

    async def log(self) -> list[ConsentEvent]:
        async with self.store.read() as session:
            return list(await session.exec(select(ConsentEvent).order_by(col(ConsentEvent.id))))


@pytest.fixture
def readers(store: Store, keyring: Keyring, now: datetime) -> ReaderActions:
    return ReaderActions(store, keyring, now)
