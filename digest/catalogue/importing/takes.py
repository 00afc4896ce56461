"""When two takes are the same one, and what they make together.

A take is known again by its persona, or by its quote where one of the two
names nobody. So a quote without a persona on one page gets the persona, score
and verdict that the same quote carries on another, in whatever order they come.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from digest.catalogue.names import fold
from digest.catalogue.pages.page import Take
from digest.catalogue.tables import Review

PARTS = ("persona", "score", "verdict", "quote")


@dataclass(eq=False)
class ReviewDraft:
    """A take as it will be stored; `row` is the review it is now, if any."""

    take: Take
    row: Review | None = None


def same_take(drafts: Sequence[ReviewDraft], take: Take) -> ReviewDraft | None:
    """The draft that is the same take."""
    if take.persona:
        for draft in drafts:
            if draft.take.persona == take.persona:
                return draft
    for draft in drafts:
        if same_quote(draft.take, take) and not (draft.take.persona and take.persona):
            return draft
    return None


def renamed_take(
    drafts: Sequence[ReviewDraft], take: Take, speakers: Collection[str | None]
) -> ReviewDraft | None:
    """The draft with the same quote whose persona is none of the `speakers`: it was renamed."""
    for draft in drafts:
        if same_quote(draft.take, take) and draft.take.persona not in speakers:
            return draft
    return None


def same_quote(one: Take, other: Take) -> bool:
    """Whether both say the same, white space folded."""
    if one.quote is None or other.quote is None:
        return False
    return fold(one.quote) == fold(other.quote)


def combined(old: Take, new: Take) -> Take:
    """`new` over `old`: what `new` does not know stays. Inferred only if both are."""
    parts = {part: value for part in PARTS if (value := getattr(new, part)) is not None}
    if same_quote(old, new):
        parts["quote"] = old.quote
    return replace(old, **parts, inferred=old.inferred and new.inferred)


def differences(old: Take, new: Take) -> list[str]:
    """The parts in which both know something, and not the same."""
    differing = [
        part
        for part in ("score", "verdict")
        if None not in (getattr(old, part), getattr(new, part))
        and getattr(old, part) != getattr(new, part)
    ]
    if old.quote is not None and new.quote is not None and not same_quote(old, new):
        differing.append("quote")
    return differing


def absorb_unnamed(drafts: Sequence[ReviewDraft]) -> tuple[list[ReviewDraft], list[ReviewDraft]]:
    """Those to keep, and nameless ones whose quote a named one has come to carry."""
    named = [draft for draft in drafts if draft.take.persona]
    kept: list[ReviewDraft] = []
    dropped: list[ReviewDraft] = []
    for draft in drafts:
        twice = not draft.take.persona and any(same_quote(draft.take, n.take) for n in named)
        (dropped if twice else kept).append(draft)
    return kept, dropped


def folded_quotes(takes: Iterable[Take]) -> set[str]:
    """The quotes of takes, white space folded."""
    return {fold(take.quote) for take in takes if take.quote}
