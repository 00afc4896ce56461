"""The catalogue as others read it: plain frozen values, detached from the database.

The command line prints them as JSON, the web pages and the email show them, an
issue freezes them.
"""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from digest.catalogue.verdict import Verdict


class FrozenModel(BaseModel):
    """A frozen value."""

    model_config = ConfigDict(frozen=True)


class ReviewView(FrozenModel):
    """One take; None where a part is unknown."""

    persona: str | None
    score: int | None
    verdict: str | None
    quote: str | None
    inferred: bool = False


class ToolView(FrozenModel):
    """A tool with its panel. `short_name` is the editor's, else the name up to a colon."""

    slug: str
    name: str
    short_name: str
    category: str | None
    tagline: str | None
    entry: str | None
    pricing: str | None
    best_for: str | None
    description: str | None
    community: str | None
    url: str | None
    panel_ship_percent: int | None
    ship: int | None
    skip: int | None
    verdict: Verdict
    reviews: tuple[ReviewView, ...] = ()


class RevisionView(FrozenModel):
    """A panel's result as it stood from `as_of` on."""

    as_of: datetime
    verdict: Verdict
    percent: int | None
    ship: int | None
    skip: int | None


class ComparisonView(FrozenModel):
    """Two tools side by side."""

    slug: str
    title: str
    left: ToolView
    right: ToolView
    url: str | None
    first_seen_at: datetime
    withdrawn_at: datetime | None = None
    withdrawn_reason: str | None = None
