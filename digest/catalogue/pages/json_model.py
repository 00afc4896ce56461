"""The JSON format of a comparison. `docs/comparison.schema.json` is generated from it."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, field_validator, model_validator
from pydantic_core.core_schema import ValidationInfo

from digest.catalogue.names import SLUG, fold, value_or_none
from digest.catalogue.pages.page import LIMITS, why_invalid

MOST_REVIEWS = 500
_SLUG_FIELD = Field(
    None,
    pattern=f"^{SLUG.pattern}$",
    max_length=200,
    description="Used when it is new and still free; a stored slug never changes.",
)


def _text(name: str, description: str) -> Any:
    return Field(None, max_length=LIMITS[name], description=description)


def _ignored() -> Any:
    return Field(
        None,
        json_schema_extra={"readOnly": True},
        description="Written by `show` and `export`, ignored by `import`.",
    )


class _JsonForm(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @field_validator("*", mode="after")
    @classmethod
    def _is_sound_text(cls, value: Any, info: ValidationInfo) -> Any:
        """Placeholders become None; other text must be within the limits of its fact."""
        if not isinstance(value, str) or info.field_name not in LIMITS:
            return value
        text = value_or_none(value.replace("\r\n", "\n"))
        if text and (wrong := why_invalid(info.field_name, text)):
            raise ValueError(wrong)
        return text


class ReviewForm(_JsonForm):
    """One take on the tool. It needs a persona or a quote, to be recognised again."""

    persona: str | None = _text("persona", "Builder, Skeptic, Futurist, Founder, PM, Creator …")
    score: int | None = Field(None, ge=0, le=100)
    verdict: Literal["ship", "skip"] | None = None
    quote: str | None = _text("quote", "What the reviewer says, without quotation marks.")
    inferred: bool = Field(False, description="Attributed to the tool by alternation only.")

    @model_validator(mode="after")
    def _can_be_known_again(self) -> Self:
        if not self.persona and not self.quote:
            raise ValueError("a review needs a persona or a quote")
        return self


class ToolForm(_JsonForm):
    """One tool. What is left out, null, empty or an em dash is unknown and deletes nothing."""

    name: str = Field(min_length=1, max_length=LIMITS["name"])
    slug: str | None = _SLUG_FIELD
    short_name: str | None = _text("short_name", "For subjects; default: the name up to a colon.")
    url: str | None = _text("url", "Where the tool is found, http(s).")
    category: str | None = _text("category", "Such as Developer Tools.")
    tagline: str | None = _text("tagline", "One line.")
    entry: str | None = _text("entry", "Entry price: Free, Paid, …")
    pricing: str | None = _text("pricing", "Pricing in words.")
    best_for: str | None = _text("best_for", "Whom it suits; may repeat the tagline.")
    description: str | None = _text("description", "Paragraphs separated by an empty line.")
    community: str | None = _text("community", "Community votes as worded; null: none yet.")
    panel_ship_percent: int | None = Field(None, ge=0, le=100)
    ship: int | None = Field(
        None, ge=0, le=1_000_000, description="Left out: follows from percent and reviews."
    )
    skip: int | None = Field(None, ge=0, le=1_000_000, description="Goes with `ship`.")
    verdict: Literal["ship", "split", "skip", "no_take"] | None = Field(
        None, description="Only checked against the panel, with a warning."
    )
    reviews: list[ReviewForm] = Field(default_factory=list, max_length=MOST_REVIEWS)
    history: Any = _ignored()

    @field_validator("name")
    @classmethod
    def _is_named(cls, name: str | None) -> str:
        if not name:
            raise ValueError("a tool needs a name")
        return fold(name)

    @model_validator(mode="after")
    def _counts_go_together(self) -> Self:
        if (self.ship is None) != (self.skip is None):
            raise ValueError("ship and skip go together: give both or neither")
        return self


class ComparisonForm(_JsonForm):
    """Two tools side by side."""

    schema_: str | None = Field(None, alias="$schema", description="For editors; ignored.")
    slug: str | None = _SLUG_FIELD
    url: str | None = _text("url", "Where the comparison is on the web, http(s).")
    left: ToolForm
    right: ToolForm
    title: Any = _ignored()
    first_seen_at: Any = _ignored()
    withdrawn_at: Any = _ignored()
    withdrawn_reason: Any = _ignored()

    @model_validator(mode="after")
    def _are_two(self) -> Self:
        if self.left.name == self.right.name:
            raise ValueError("a tool cannot be compared with itself")
        return self


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a file: one comparison, or a list of them."""
    file = TypeAdapter[ComparisonForm | list[ComparisonForm]](ComparisonForm | list[ComparisonForm])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Digest comparisons",
        **file.json_schema(),
    }
