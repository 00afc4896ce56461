"""What each relay has taken per hour and day, and how it is doing."""

from datetime import datetime
from enum import StrEnum

from sqlmodel import AutoString, Field, SQLModel


class QuotaWindow(StrEnum):
    """The spans over which quotas count: from the full hour, and from midnight UTC."""

    HOUR = "hour"
    DAY = "day"


class RelayUse(SQLModel, table=True):
    """Messages of a quota that workers have reserved or sent in one window."""

    __tablename__ = "relay_use"

    relay: str = Field(primary_key=True)
    domain: str = Field(primary_key=True, description="Of the recipients, or '' for all.")
    span: QuotaWindow = Field(primary_key=True, sa_type=AutoString)
    starts_at: datetime = Field(primary_key=True)
    used: int = 0


class StoredRelayStatus(SQLModel, table=True):
    """A relay's status as the last worker to notice a change reported it."""

    __tablename__ = "relay_state"

    relay: str = Field(primary_key=True)
    state: str
    reason: str | None = None
    retry_at: datetime | None = None
    worker: str = Field(description="The worker that reported it.")
    changed_at: datetime
