"""The ledger: one row for each (mailing, reader), whose state is the truth.

The states and who may leave them are drawn in `docs/delivery.md`.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, UniqueConstraint, text
from sqlmodel import AutoString, Field, SQLModel

from digest.delivery.states import DeliveryState, MailingKind, MailingState, Route

# Ten million readers and an issue a week pass the end of four bytes in four years.
BIG_NUMBER = BigInteger().with_variant(Integer, "sqlite")


def _index_where(name: str, *columns: str, where: str) -> Index:
    """An index of few rows among millions; a query must have the very condition `where`."""
    condition = text(where)
    return Index(name, *columns, sqlite_where=condition, postgresql_where=condition)


class Mailing(SQLModel, table=True):
    """One reason to write to people."""

    __table_args__ = (
        _index_where("ix_mailing_unfinished", "state", "id", where="finished_at IS NULL"),
        Index("ix_mailing_created_at", "created_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: MailingKind = Field(sa_type=AutoString)
    state: MailingState = Field(default=MailingState.ACTIVE, sa_type=AutoString)
    state_reason: str | None = None
    route: Route = Field(default=Route.RELAY, sa_type=AutoString)
    edition: str | None = Field(default=None, description="Slug; whose subscribers it is for.")
    issue_id: int | None = Field(
        default=None,
        foreign_key="issue.id",
        unique=True,
        index=True,
        description="Set for an issue's one mailing only.",
    )
    payload: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    resend_unknown: bool = Field(default=True, description="False: an unknown outcome is held.")
    created_at: datetime
    give_up_at: datetime = Field(description="Deliveries still open then expire.")
    finished_at: datetime | None = None
    postmark: str = Field(description="What its Message-IDs are made with; see `Postmark`.")


class Delivery(SQLModel, table=True):
    """One (mailing, reader). `subscriber_id` is None for tests and notices to non-readers.

    Each issue adds a row for each reader, so an index must grow at its end: one by
    subscriber alone would be rewritten whole with each issue. Only `owner` of claimed
    and armed rows is set, `not_before` of those put off, `unknowns` of the doubtful.
    """

    __table_args__ = (
        UniqueConstraint("mailing_id", "subscriber_id"),
        UniqueConstraint("mailing_id", "address"),
        Index("ix_delivery_mailing_state", "mailing_id", "state", "id"),
        _index_where("ix_delivery_owner", "owner", where="owner IS NOT NULL"),
        _index_where(
            "ix_delivery_not_before", "mailing_id", "not_before", where="not_before IS NOT NULL"
        ),
        _index_where("ix_delivery_doubtful", "mailing_id", "id", where="unknowns > 0"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_NUMBER)
    mailing_id: int = Field(foreign_key="mailing.id")
    subscriber_id: int | None = Field(default=None, foreign_key="subscriber.id")
    address: str = Field(description="The wire form of the address it goes to.")
    variant: str = "all"
    state: DeliveryState = Field(default=DeliveryState.PENDING, sa_type=AutoString)
    reason: str | None = Field(default=None, description="Why skipped, rejected, held, deferred.")
    token: str | None = Field(
        default=None, description="The claim's; whoever lacks it may not arm."
    )
    owner: str | None = Field(default=None, description="The worker that claimed it.")
    lease_until: datetime | None = None
    attempts: int = Field(default=0, description="Tries charged to the reader.")
    unknowns: int = Field(default=0, description="Times the outcome was unknown.")
    not_before: datetime | None = None
    wire_date: datetime | None = Field(default=None, description="The Date header of the last try.")
    updated_at: datetime
