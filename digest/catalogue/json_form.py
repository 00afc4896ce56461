"""Comparisons as JSON with stable keys: for listing, for showing, and to be imported again."""

from collections.abc import Mapping, Sequence
from typing import Any

from digest.catalogue.pages.page import FACTS
from digest.catalogue.tables import VerdictRevision
from digest.catalogue.views import ComparisonView, FrozenModel, ReviewView, RevisionView, ToolView

Histories = Mapping[str, Sequence[VerdictRevision]]

_LISTED = (
    "name",
    "category",
    "entry",
    "panel_ship_percent",
    "ship",
    "skip",
    "verdict",
    "community",
)
_SHOWN = ("slug", "name", *FACTS, "panel_ship_percent", "ship", "skip", "verdict")


def listed(view: ComparisonView) -> dict[str, Any]:
    """A comparison in a list."""
    return {
        "slug": view.slug,
        "left": _dump(view.left, _LISTED),
        "right": _dump(view.right, _LISTED),
        **_dump(view, ("url", "first_seen_at", "withdrawn_at")),
    }


def shown(view: ComparisonView, histories: Histories) -> dict[str, Any]:
    """A comparison with all that is known; `histories` maps tool slugs to their revisions.

    It is the import format: importing it again changes nothing.
    """
    return {
        **_dump(view, ("slug", "title", "url")),
        "left": _tool(view.left, histories),
        "right": _tool(view.right, histories),
        **_dump(view, ("first_seen_at", "withdrawn_at", "withdrawn_reason")),
    }


def _tool(tool: ToolView, histories: Histories) -> dict[str, Any]:
    return {
        **_dump(tool, _SHOWN),
        "reviews": [_review(review) for review in tool.reviews],
        "history": [_revision(revision) for revision in histories.get(tool.slug, ())],
    }


def _dump(view: FrozenModel, keys: Sequence[str]) -> dict[str, Any]:
    values = view.model_dump(mode="json", include=set(keys))
    return {key: values[key] for key in keys}


def _review(review: ReviewView) -> dict[str, Any]:
    return review.model_dump(mode="json")


def _revision(revision: VerdictRevision) -> dict[str, Any]:
    view = RevisionView.model_validate(revision, from_attributes=True)
    return view.model_dump(mode="json")
