"""The catalogue's tables. A review belongs to a tool, so an edit shows in all comparisons."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import AutoString, Field, SQLModel

from digest.catalogue.verdict import Verdict


class Tool(SQLModel, table=True):
    """A product that panels judge. Unknown facts are None, never 0 or an empty string."""

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(unique=True)
    name: str = Field(unique=True)
    short_name: str | None = Field(default=None, description="Set by an editor.")
    tagline: str | None = None
    category: str | None = None
    entry: str | None = Field(default=None, description="Entry price: Free, Paid, …")
    pricing: str | None = None
    best_for: str | None = None
    description: str | None = None
    community: str | None = Field(default=None, description="Votes as the page words them.")
    url: str | None = None
    panel_ship_percent: int | None = None
    ship: int | None = None
    skip: int | None = None
    first_seen_at: datetime
    updated_at: datetime


class Persona(SQLModel, table=True):
    """A reviewer's role: Builder, Skeptic … Pages may bring new ones at any time."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)


class Review(SQLModel, table=True):
    """One take on one tool. Persona, score, verdict and quote may each be missing."""

    __table_args__ = (UniqueConstraint("tool_id", "persona_id"),)

    id: int | None = Field(default=None, primary_key=True)
    tool_id: int = Field(foreign_key="tool.id", index=True)
    persona_id: int | None = Field(default=None, foreign_key="persona.id")
    position: int = Field(description="Order on the page, from 0.")
    score: int | None = Field(default=None, description="0 to 100.")
    verdict: str | None = Field(default=None, description="ship, skip or unknown (None).")
    quote: str | None = None
    inferred: bool = Field(default=False, description="Attributed to the tool by alternation only.")


class Comparison(SQLModel, table=True):
    """An unordered pair of tools, shown in a fixed order."""

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(unique=True)
    pair: str = Field(unique=True, description="The two tool ids, smaller first: '3-7'.")
    left_id: int = Field(foreign_key="tool.id")
    right_id: int = Field(foreign_key="tool.id")
    url: str | None = None
    first_seen_at: datetime = Field(index=True)
    withdrawn_at: datetime | None = None
    withdrawn_reason: str | None = None


class VerdictRevision(SQLModel, table=True):
    """The panel's result on a tool from `as_of` on. Rows are only ever added."""

    __tablename__ = "verdict_revision"

    id: int | None = Field(default=None, primary_key=True)
    tool_id: int = Field(foreign_key="tool.id", index=True)
    as_of: datetime
    verdict: Verdict = Field(sa_type=AutoString)
    percent: int | None = None
    ship: int | None = None
    skip: int | None = None
