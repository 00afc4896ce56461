"""What relays have taken by the hour and the day, and how they are doing."""

from datetime import datetime
from enum import StrEnum

from sqlmodel import AutoString, Field, SQLModel


class Window(StrEnum):
    """The spans over which quotas count, on the hour and at midnight, in UTC."""

    HOUR = "hour"
    DAY = "day"


class RelayUse(SQLModel, table=True):
    """Messages of a quota that workers have reserved or sent in one window."""

    __tablename__ = "relay_use"

    relay: str = Field(primary_key=True)
    domain: str = Field(primary_key=True, description="Of the recipients, or '' for all.")
    span: Window = Field(primary_key=True, sa_type=AutoString)
    starts_at: datetime = Field(primary_key=True)
    used: int = 0


class RelayState(SQLModel, table=True):
    """How the worker that last had news of a relay found it."""

    __tablename__ = "relay_state"

    relay: str = Field(primary_key=True)
    state: str
    reason: str | None = None
    retry_at: datetime | None = None
    worker: str = Field(description="Who says so.")
    changed_at: datetime
