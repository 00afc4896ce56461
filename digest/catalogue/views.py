"""The catalogue as plain frozen values, detached from the database.

Results of services and emails are made of them, and a frozen issue stores them as JSON, so
their fields and the order of these are a format.
"""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from digest.catalogue.verdict import Verdict


class FrozenModel(BaseModel):
    """Base of values that never change."""

    model_config = ConfigDict(frozen=True)


class ReviewView(FrozenModel):
    """One take; a part that is unknown is None."""

    persona: str | None
    score: int | None
    verdict: str | None
    quote: str | None
    inferred: bool = False


class ToolView(FrozenModel):
    """A tool with its panel. `short_name` is the editor's, by default the name up to a colon."""

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
    """A panel's result from `as_of` on."""

    as_of: datetime
    verdict: Verdict
    percent: int | None
    ship: int | None
    skip: int | None


class FactChange(FrozenModel):
    """One fact of a stored tool or comparison, before and after."""

    subject: str
    field: str
    before: str | int | None
    after: str | int | None


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
