"""Editions and their slots. Tables do not validate; values are parsed first (see `changes`)."""

from datetime import date, datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import AutoString, Field, SQLModel

from schedules.states import Approval, OnUnknown, SlotState


class Edition(SQLModel, table=True):
    """A recurring digest."""

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(unique=True)
    name: str
    active: bool = True
    weekdays: str = Field(default="tue", description="Comma-separated: mon … sun.")
    send_time: str = Field(default="09:00", description="Local wall-clock time, HH:MM.")
    zone: str = Field(default="UTC", description="IANA zone of send_time.")
    cutoff_hours: int = Field(default=15, description="The issue is composed this long before.")
    min_items: int = 1
    max_items: int = 8
    max_age_days: int = Field(default=60, description="Comparisons older than this are left out.")
    grace_hours: int = Field(default=12, description="How late a slot may still run.")
    give_up_hours: int = Field(default=48, description="Deliveries expire this long after.")
    approval: Approval = Field(default=Approval.REQUIRED, sa_type=AutoString)
    on_unknown: OnUnknown = Field(default=OnUnknown.RESEND, sa_type=AutoString)
    template: str = Field(default="weekly", description="Folder under templates/email.")
    sender: str | None = Field(default=None, description="Name <address>; None: the setting.")
    reply_to: str | None = None


class Slot(SQLModel, table=True):
    """One planned instant of an edition. The row is the truth; the ticker only wakes us."""

    __table_args__ = (UniqueConstraint("edition_id", "local_date"),)

    id: int | None = Field(default=None, primary_key=True)
    edition_id: int = Field(foreign_key="edition.id")
    local_date: date
    send_at: datetime
    cutoff_at: datetime
    moved_to: str | None = Field(
        default=None,
        description="The time that an editor gave it: wall-clock time in the edition's zone, or "
        "with an offset an instant. None: its edition's send time.",
    )
    noticed_for: datetime | None = Field(
        default=None,
        description="The time that was wanted when the editor was told that it has another.",
    )
    state: SlotState = Field(default=SlotState.PLANNED, sa_type=AutoString, index=True)
    reason: str | None = Field(default=None, description="Why it was skipped, missed or held.")
    changed_at: datetime


class TickMark(SQLModel, table=True):
    """The latest instant that any ticker has seen, to detect a clock that jumped back. One row."""

    __tablename__ = "tick_mark"

    id: int = Field(default=1, primary_key=True)
    at: datetime
    held_since: datetime | None = Field(
        default=None, description="When, by the clock as it is now, a jump back was first seen."
    )
