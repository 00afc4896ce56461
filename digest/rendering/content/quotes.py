"""Which reviews of a panel an issue quotes."""

from collections.abc import Sequence

from digest.catalogue.views import ReviewView, ToolView
from digest.rendering.content.excerpt import excerpt
from digest.rendering.content.issue_content import Quote

AT_MOST = 2


def choose_quotes(tool: ToolView) -> tuple[Quote, ...]:
    """At most two excerpts: of the ship with the highest and the skip with the lowest score.

    From a unanimous panel the second quote is the review nearest to the other side. If no
    review has both a score and a verdict, the first ones are quoted, unattributed.
    """
    quoted = [review for review in tool.reviews if review.quote]
    known = [review for review in quoted if review.score is not None and review.verdict]
    if not known:
        return tuple(_quote(tool, review, attributed=False) for review in quoted[:AT_MOST])
    return tuple(_quote(tool, review, attributed=True) for review in _both_ends(known))


def _both_ends(known: Sequence[ReviewView]) -> list[ReviewView]:
    """The two ends of the panel, sorted from the highest ship to the lowest skip."""
    ranked = sorted(known, key=lambda review: (review.verdict != "ship", -(review.score or 0)))
    return [ranked[0]] if len(ranked) == 1 else [ranked[0], ranked[-1]]


def _quote(tool: ToolView, review: ReviewView, *, attributed: bool) -> Quote:
    return Quote(
        tool=tool.name,
        persona=review.persona if attributed else None,
        score=review.score if attributed else None,
        verdict=review.verdict if attributed else None,
        text=excerpt(review.quote or ""),
    )
