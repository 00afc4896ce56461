"""Arms and records in one transaction, on a connection that one thread has to itself."""

from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Update, case
from sqlmodel import col, or_, select, update

from digest.delivery.ledger.claims import Claim, still_wanted
from digest.delivery.ledger.statements import Given, prepared
from digest.delivery.ports import Reply
from digest.delivery.replies import ReplyKind
from digest.delivery.states import DeliveryState, MailingKind, MailingState
from digest.delivery.tables import Delivery, Mailing
from digest.store import BUSY, Store

# The values that each statement is given, as `statements.TYPES` names them.
ARMED = ("claim_id", "claim_token", "claim_mailing", "claim_edition", "new_wire_date", "now")
RECORDED = (
    "claim_id",
    "claim_token",
    "new_state",
    "new_reason",
    "new_reply_code",
    "new_enhanced_code",
    "new_reply_kind",
    "new_attempts",
    "new_not_before",
    "now",
)


class ArmRequest(NamedTuple):
    """A request to arm one delivery, and so to permit its dot."""

    claim: Claim
    wire_date: datetime
    at: datetime


class Record(NamedTuple):
    """The outcome of one try; `not_before` is when a deferred delivery may be tried again."""

    claim: Claim
    state: DeliveryState
    reason: str | None
    reply: Reply | None
    attempts: int
    not_before: datetime | None
    at: datetime
    kind: ReplyKind | None = None


class Commits:
    """Writes arms and records; used by one thread only.

    `may_send` is asked before each commit that arms.
    """

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

    def write(self, arms: Sequence[ArmRequest], records: Sequence[Record]) -> list[bool]:
        """Write all or nothing; returns for each arm whether its dot is permitted.

        Raises one of `busy` if trying again may help. No dot is permitted then, though the
        delivery may be armed in the database, if only the answer of the commit was lost.
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
        """Drop the connection; an open transaction is rolled back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                connection.close()

    def _arm(self, cursor: Any, arms: Sequence[ArmRequest]) -> list[bool]:
        """Arm by kind of mailing, each kind in one go; answers in the order of the requests."""
        granted = [False] * len(arms)
        # As late as possible: a worker that was suspended may have lost its lock, and another
        # may have declared its armed deliveries unknown and be sending them again.
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


def arming(kind: MailingKind, given: Given) -> Update:
    """Arm a delivery if its claim, its mailing and the reader's consent all hold."""
    return (
        update(Delivery)
        .where(
            col(Delivery.id) == given("claim_id"),
            col(Delivery.token) == given("claim_token"),
            col(Delivery.state) == DeliveryState.CLAIMED,
            # On PostgreSQL other transactions commit while this one runs. The lock makes a
            # pause or cancel wait for this commit; SKIP LOCKED finds no row where one is being
            # committed right now, which denies the arm instead of making it wait.
            select(col(Mailing.id))
            .where(
                col(Mailing.id) == given("claim_mailing"),
                col(Mailing.state) == MailingState.ACTIVE,
            )
            .with_for_update(read=True, skip_locked=True)
            .exists(),
            # The same for an unsubscribe or a suppression.
            still_wanted(kind, given("claim_edition"), lock=True),
        )
        .values(
            state=DeliveryState.ARMED,
            wire_date=given("new_wire_date"),
            updated_at=given("now"),
        )
    )


def _recording(given: Given) -> Update:
    """Record the outcome of a try if the delivery is still held by its claim."""
    return (
        update(Delivery)
        .where(
            col(Delivery.id) == given("claim_id"),
            col(Delivery.token) == given("claim_token"),
            # Claimed: the try ended before the dot, such as by a refused recipient.
            or_(
                col(Delivery.state) == DeliveryState.CLAIMED,
                col(Delivery.state) == DeliveryState.ARMED,
            ),
        )
        .values(
            state=given("new_state"),
            reason=kept_reason(given("new_reason")),
            reply_code=given("new_reply_code"),
            enhanced_code=given("new_enhanced_code"),
            reply_kind=given("new_reply_kind"),
            attempts=given("new_attempts"),
            not_before=given("new_not_before"),
            updated_at=given("now"),
            token=None,
            owner=None,
            lease_until=None,
        )
    )


def kept_reason(reason: ColumnElement[Any]) -> ColumnElement[Any]:
    """The new reason, unless the reader was erased during the try: it may quote their address."""
    return case((col(Delivery.erased), col(Delivery.reason)), else_=reason)


def _armed(arm: ArmRequest) -> dict[str, Any]:
    return {
        "claim_id": arm.claim.delivery_id,
        "claim_token": arm.claim.token,
        "claim_mailing": arm.claim.mailing_id,
        "claim_edition": arm.claim.edition,
        "new_wire_date": arm.wire_date,
        "now": arm.at,
    }


def _recorded(record: Record) -> dict[str, Any]:
    reply = record.reply
    return {
        "claim_id": record.claim.delivery_id,
        "claim_token": record.claim.token,
        "new_state": record.state.value,
        "new_reason": record.reason,
        "new_reply_code": reply.code if reply else None,
        "new_enhanced_code": reply.enhanced if reply else None,
        "new_reply_kind": record.kind and record.kind.value,
        "new_attempts": record.attempts,
        "new_not_before": record.not_before,
        "now": record.at,
    }
