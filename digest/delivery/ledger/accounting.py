"""The equation that every report shows: recipients = accepted + rejected + … + open."""

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, func, literal_column
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.delivery.states import OPEN_STATES, DeliveryState
from digest.delivery.tables import Delivery


class Accounting(BaseModel):
    """How many recipients of a mailing are in each state.

    `in_flight`, `unknown` and `deferred` are part of `open`. `in_flight` are those whose final
    dot is out or about to be: nothing can stop them. `ever_unknown` counts the recipients whose
    outcome was unknown at some time, whatever their state is now.
    """

    model_config = ConfigDict(frozen=True)

    recipients: int
    accepted: int
    rejected: int
    skipped: int
    expired: int
    held: int
    open: int
    in_flight: int
    unknown: int
    deferred: int
    ever_unknown: int

    @property
    def balances(self) -> bool:
        """Whether every recipient is in exactly one visible state."""
        ended = self.accepted + self.rejected + self.skipped + self.expired + self.held
        return self.recipients == ended + self.open

    def equation(self) -> str:
        """The equation as a line: '1,000 recipients = 998 accepted + 2 rejected + 0 open'."""
        parts = [
            f"{getattr(self, name):,} {name}"
            for name in ("accepted", "rejected", "skipped", "expired", "held")
            if getattr(self, name) or name == "accepted"
        ]
        return f"{self.recipients:,} recipients = {' + '.join([*parts, f'{self.open:,} open'])}"


async def account(session: AsyncSession, mailing_id: int) -> Accounting:
    """Count the deliveries of one mailing by state; all zero for a mailing without rows.

    Answered from an index alone: 50 ms for a million rows.
    """
    per_state = await session.exec(
        select(Delivery.state, func.count())
        .where(col(Delivery.mailing_id) == mailing_id)
        .group_by(col(Delivery.state))
    )
    rows = {DeliveryState(state): count for state, count in per_state}
    ever_unknown = await session.exec(
        select(func.count()).where(
            col(Delivery.mailing_id) == mailing_id,
            was_unknown(),
            # True of all. Without it SQLite finds the index of states as good as that of doubtful
            # rows, takes the one that was created last, and reads every row of the mailing.
            col(Delivery.id) > 0,
        )
    )

    def count(*states: DeliveryState) -> int:
        return sum(rows.get(state, 0) for state in states)

    return Accounting(
        recipients=count(*DeliveryState),
        accepted=count(DeliveryState.ACCEPTED),
        rejected=count(DeliveryState.REJECTED),
        skipped=count(DeliveryState.SKIPPED),
        expired=count(DeliveryState.EXPIRED),
        held=count(DeliveryState.HELD),
        open=count(*OPEN_STATES),
        in_flight=count(DeliveryState.ARMED),
        unknown=count(DeliveryState.UNKNOWN),
        deferred=count(DeliveryState.DEFERRED),
        ever_unknown=ever_unknown.one(),
    )


def was_unknown() -> ColumnElement[bool]:
    """A condition: the outcome was unknown at some time."""
    # A literal, as in the partial index of these rows, or the index is not used.
    return col(Delivery.unknowns) > literal_column("0")
