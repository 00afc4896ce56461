"""Arms and records as one transaction, on a connection that a thread has to itself."""

from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Update, case
from sqlmodel import col, or_, update

from digest.delivery.ledger.claims import Claim, arming
from digest.delivery.ledger.statements import Given, prepared
from digest.delivery.states import DeliveryState, MailingKind
from digest.delivery.tables import Delivery
from digest.store import BUSY, Store

ARMED = ("its_id", "its_token", "its_mailing", "its_edition", "the_date", "the_time")
RECORDED = (
    "its_id",
    "its_token",
    "the_state",
    "the_reason",
    "the_attempts",
    "the_hour",
    "the_time",
)


class Arming(NamedTuple):
    """Asks for the dot of one delivery."""

    claim: Claim
    wire_date: datetime
    at: datetime


class Recording(NamedTuple):
    """The outcome of one try; `not_before` is when a deferred one may be tried again."""

    claim: Claim
    state: DeliveryState
    reason: str | None
    attempts: int
    not_before: datetime | None
    at: datetime


class Commits:
    """Used by one thread only. `may_send` is asked before each commit that arms."""

    def __init__(self, store: Store, may_send: Callable[[], bool]) -> None:
        engine = store.blocking_engine()
        self._engine, self._begin, self._may_send = engine, store.begin_writing, may_send
        self._recording = prepared(_recording, RECORDED, engine)
        self._arming = {
            kind: prepared(partial(arming, kind), ARMED, engine) for kind in MailingKind
        }
        self._connection: Any = None
        driver = engine.dialect.loaded_dbapi
        self.busy = (*BUSY, driver.OperationalError, driver.InternalError)

    def write(self, arms: Sequence[Arming], records: Sequence[Recording]) -> list[bool]:
        """All of it or nothing; whether each dot is granted.

        Raises one of `busy` where trying again may help. Then nothing was granted, though
        the database may have it as armed, if only the commit's answer was lost.
        """
        if not (arms or records):
            return []
        connection = self._connected()
        try:
            with closing(connection.cursor()) as cursor:
                if self._begin:
                    cursor.execute(self._begin)
                granted = self._arm(cursor, arms) if arms else []
                if records:
                    self._recording.run(cursor, [_recorded(record) for record in records])
            connection.commit()
        except BaseException:
            self.disconnect()
            raise
        return granted

    def disconnect(self) -> None:
        """Let go of the connection; an open transaction is rolled back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                connection.close()

    def _arm(self, cursor: Any, arms: Sequence[Arming]) -> list[bool]:
        """Arms of one kind of mailing run together, whatever order they came in."""
        granted = [False] * len(arms)
        if not self._may_send():
            return granted
        for kind in {arm.claim.kind for arm in arms}:
            places = [at for at, arm in enumerate(arms) if arm.claim.kind is kind]
            armed = self._arming[kind].run(cursor, [_armed(arms[at]) for at in places])
            for at, changed in zip(places, armed, strict=True):
                granted[at] = changed
        return granted

    def _connected(self) -> Any:
        if self._connection is None:
            self._connection = self._engine.raw_connection()
        return self._connection


def _recording(given: Given) -> Update:
    """Write down the outcome of a try, if the delivery is still in its claim's hands."""
    return (
        update(Delivery)
        .where(
            col(Delivery.id) == given("its_id"),
            col(Delivery.token) == given("its_token"),
            or_(
                col(Delivery.state) == DeliveryState.CLAIMED,
                col(Delivery.state) == DeliveryState.ARMED,
            ),
        )
        .values(
            state=given("the_state"),
            reason=kept_reason(given("the_reason")),
            attempts=given("the_attempts"),
            not_before=given("the_hour"),
            updated_at=given("the_time"),
            token=None,
            owner=None,
            lease_until=None,
        )
    )


def kept_reason(reason: ColumnElement[Any]) -> ColumnElement[Any]:
    """Of a reader who was erased meanwhile no reply is kept: it may say her address."""
    erased = ~col(Delivery.address).contains("@")
    return case((erased, col(Delivery.reason)), else_=reason)


def _armed(arm: Arming) -> dict[str, Any]:
    return {
        "its_id": arm.claim.delivery_id,
        "its_token": arm.claim.token,
        "its_mailing": arm.claim.mailing_id,
        "its_edition": arm.claim.edition,
        "the_date": arm.wire_date,
        "the_time": arm.at,
    }


def _recorded(record: Recording) -> dict[str, Any]:
    return {
        "its_id": record.claim.delivery_id,
        "its_token": record.claim.token,
        "the_state": record.state.value,
        "the_reason": record.reason,
        "the_attempts": record.attempts,
        "the_hour": record.not_before,
        "the_time": record.at,
    }
