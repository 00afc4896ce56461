"""Issues, the reasons behind their selection, and their compiled variants."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import AutoString, Field, SQLModel

from digest.issues.states import IssueState


class Issue(SQLModel, table=True):
    """The content for one slot, or an extra one outside the calendar (`slot_id` None)."""

    __table_args__ = (
        Index(
            "ix_issue_slot_id",
            "slot_id",
            unique=True,
            sqlite_where=text("state != 'cancelled'"),
            postgresql_where=text("state != 'cancelled'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    number: int = Field(unique=True)
    edition_id: int = Field(foreign_key="edition.id", index=True)
    slot_id: int | None = Field(default=None, foreign_key="slot.id")
    state: IssueState = Field(default=IssueState.DRAFT, sa_type=AutoString, index=True)
    issue_date: date = Field(description="The local date it carries.")
    cutoff_at: datetime = Field(description="Comparisons first seen later wait for the next one.")
    subject: str | None = Field(default=None, description="The editor's; None: by rule.")
    preheader: str | None = Field(default=None, description="The editor's; None: by rule.")
    sentence: str | None = Field(default=None, description="The editor's; None: by rule.")
    order: list[str] = Field(
        default_factory=list, sa_column=Column("item_order", JSON, nullable=False)
    )
    exclusions: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    send_at: datetime | None = None
    created_at: datetime
    composed_at: datetime
    approved_at: datetime | None = None
    approved_by: str | None = None
    hash: str | None = Field(
        default=None, description="SHA-256 over the manifest; set by approval."
    )
    manifest: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    content: dict[str, Any] | None = Field(
        default=None,
        sa_column=Column(JSON),
        description="The frozen IssueContent; set by approval.",
    )
    started_at: datetime | None = None
    finished_at: datetime | None = None
    state_reason: str | None = None


class Candidate(SQLModel, table=True):
    """Why one comparison is, or is not, in one issue. Every candidate has a row."""

    __table_args__ = (UniqueConstraint("issue_id", "comparison_id"),)

    id: int | None = Field(default=None, primary_key=True)
    issue_id: int = Field(foreign_key="issue.id")
    comparison_id: int = Field(foreign_key="comparison.id", index=True)
    included: bool
    position: int | None = Field(default=None, description="From 1, in reading order.")
    reason: str


class IssueOverride(SQLModel, table=True):
    """A person's word that an issue may go out with the errors of one code, as it was then."""

    __tablename__ = "issue_override"

    id: int | None = Field(default=None, primary_key=True)
    issue_id: int = Field(foreign_key="issue.id", index=True)
    code: str = Field(description="The rule's, such as CNT-040.")
    hash: str = Field(description="The issue's when it was looked at; for another it is void.")
    details: list[str] = Field(
        sa_column=Column(JSON, nullable=False),
        description="What was found then, in words; what comes to it later still blocks.",
    )
    by: str = Field(sa_column=Column("overridden_by", AutoString, nullable=False))
    reason: str
    created_at: datetime


class FrozenFile(SQLModel, table=True):
    """A template as it was when an issue was approved, kept by the hash of its text."""

    __tablename__ = "frozen_file"

    sha256: str = Field(primary_key=True)
    text: str


class CompiledVariant(SQLModel, table=True):
    """The compiled segments of one variant of an approved issue; what the sender sends."""

    __tablename__ = "compiled_variant"
    __table_args__ = (UniqueConstraint("issue_id", "key"),)

    id: int | None = Field(default=None, primary_key=True)
    issue_id: int = Field(foreign_key="issue.id")
    key: str = Field(description="'all' for the mail, 'web' for the archive.")
    sha256: str
    compiled: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
