"""Recognising the same take on different pages, and combining what they say.

Two takes are the same if they have the same persona, or if one of them has no persona and the
quotes are equal. So a quote without a persona on one page gets the persona, score and verdict
that it has on another page, whatever their order.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from digest.catalogue.names import fold
from digest.catalogue.pages.page import Take
from digest.catalogue.tables import Review

QuoteSources = Mapping[str, Collection[str]]  # folded quote → names of tools
PARTS = ("persona", "score", "verdict", "quote")


@dataclass(eq=False)
class ReviewDraft:
    """A take as it will be stored; `row` is the stored review it replaces, if any."""

    take: Take
    row: Review | None = None


def merge_takes(
    stored: Sequence[ReviewDraft], new: Sequence[Take], tool: str, sources: QuoteSources
) -> tuple[list[ReviewDraft], list[ReviewDraft]]:
    """The takes of a tool to keep and those to drop, from the stored ones and an import's.

    `sources` maps quotes to the tools to which the import attributes them without inference.
    """
    drafts = [ReviewDraft(draft.take, draft.row) for draft in stored]
    speakers = {take.persona for take in new}
    imported: list[ReviewDraft] = []
    for take in new:
        draft = same_take(drafts, take) or renamed_take(drafts, take, speakers)
        if draft:
            draft.take = combined(draft.take, take)
        else:
            draft = ReviewDraft(take)
            drafts.append(draft)
        imported.append(draft)
    kept, absorbed = absorb_unnamed(drafts)
    disproved = [draft for draft in kept if _is_disproved(draft, tool, sources)]
    kept = [draft for draft in kept if draft not in disproved]
    if all(draft in imported for draft in kept):
        kept.sort(key=imported.index)  # the import has them all, so its order holds
    return kept, absorbed + disproved


def _is_disproved(draft: ReviewDraft, tool: str, sources: QuoteSources) -> bool:
    """Whether the take was only inferred, and the import attributes it to another tool."""
    if not draft.take.inferred or draft.take.quote is None:
        return False
    owners = sources.get(fold(draft.take.quote), ())
    return bool(owners) and tool not in owners


def same_take(drafts: Sequence[ReviewDraft], take: Take) -> ReviewDraft | None:
    """The draft that is the same take, if there is one."""
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
    """The draft with the same quote and a persona not among `speakers`: it was renamed."""
    for draft in drafts:
        if same_quote(draft.take, take) and draft.take.persona not in speakers:
            return draft
    return None


def same_quote(one: Take, other: Take) -> bool:
    """Whether the quotes are equal apart from white space."""
    if one.quote is None or other.quote is None:
        return False
    return fold(one.quote) == fold(other.quote)


def combined(old: Take, new: Take) -> Take:
    """`old` updated by the known parts of `new`. Inferred only if both are."""
    parts = {part: value for part in PARTS if (value := getattr(new, part)) is not None}
    if same_quote(old, new):
        parts["quote"] = old.quote
    return replace(old, **parts, inferred=old.inferred and new.inferred)


def differences(old: Take, new: Take) -> list[str]:
    """The parts that both know and that differ."""
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
    """The drafts to keep, and unnamed ones whose quote a named draft has too."""
    named = [draft for draft in drafts if draft.take.persona]
    kept: list[ReviewDraft] = []
    dropped: list[ReviewDraft] = []
    for draft in drafts:
        twice = not draft.take.persona and any(same_quote(draft.take, n.take) for n in named)
        (dropped if twice else kept).append(draft)
    return kept, dropped


def folded_quotes(takes: Iterable[Take]) -> set[str]:
    """The quotes of takes with white space folded."""
    return {fold(take.quote) for take in takes if take.quote}
