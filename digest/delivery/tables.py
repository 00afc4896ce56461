"""The ledger's tables: one delivery row per (mailing, reader), whose state is the truth.

`docs/delivery.md` draws the states and what leads from one to the next.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    UniqueConstraint,
    false,
    text,
)
from sqlmodel import AutoString, Field, SQLModel

from digest.delivery.replies import ReplyKind
from digest.delivery.states import DeliveryState, MailingKind, MailingState, Route

# An issue a week to ten million readers exhausts a four-byte id within four years.
BIG_NUMBER = BigInteger().with_variant(Integer, "sqlite")


def _index_where(name: str, *columns: str, where: str) -> Index:
    """A partial index of few rows among millions; it serves only queries with this condition."""
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
    edition: str | None = Field(
        default=None, description="The slug of the edition it goes out for."
    )
    issue_id: int | None = Field(
        default=None,
        foreign_key="issue.id",
        unique=True,
        index=True,
        description="Set for the one mailing of an issue; tests have none.",
    )
    # Written and read through the models of `digest.delivery.payloads`.
    payload: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    resend_unknown: bool = Field(default=True, description="False: an unknown outcome is held.")
    created_at: datetime
    give_up_at: datetime = Field(description="Deliveries that are open at this time expire.")
    finished_at: datetime | None = None
    message_id_key: str = Field(description="As text; see `MessageIdMaker`.")


class Delivery(SQLModel, table=True):
    """One (mailing, reader). `subscriber_id` is None for tests and notices to non-readers.

    `owner` is set in claimed and armed rows only, `not_before` in those that wait, and
    `unknowns` in those whose outcome was unknown at some time; the partial indexes hold
    just these. `reply_code`, `enhanced_code` and `reply_kind` are those of the last reply,
    beside the `reason` that people read.
    """

    # Every issue adds a row per reader, so an index must grow at its end. That is why each
    # begins with the mailing: one by subscriber alone would be rewritten with every issue.
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
    address: str = Field(
        description="The wire form of the address; a unique placeholder once erased."
    )
    erased: bool = Field(
        default=False,
        description="The reader was erased: keep no address, and no reply that may quote it.",
        sa_column_kwargs={"server_default": false()},
    )
    variant: str = "all"
    state: DeliveryState = Field(default=DeliveryState.PENDING, sa_type=AutoString)
    reason: str | None = Field(default=None, description="The last reply, or why there is none.")
    reply_code: int | None = Field(default=None, description="Of the last reply, such as 550.")
    enhanced_code: str | None = Field(default=None, description="Its RFC 3463 code: '5.1.1'.")
    reply_kind: ReplyKind | None = Field(
        default=None, sa_type=AutoString, description="What a refusal is about."
    )
    token: str | None = Field(
        default=None, description="Of the claim; arming and recording need it."
    )
    owner: str | None = Field(default=None, description="The worker that claimed it.")
    lease_until: datetime | None = None
    attempts: int = Field(default=0, description="Tries charged to the reader.")
    unknowns: int = Field(default=0, description="Times the outcome was unknown.")
    not_before: datetime | None = None
    wire_date: datetime | None = Field(default=None, description="The Date header of the last try.")
    updated_at: datetime
