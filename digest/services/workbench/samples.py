"""Sample issues: values of `previews.samples`, with subject and texts made by the usual rules."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from pydantic import TypeAdapter

from digest.catalogue.names import short_name_of, slugify
from digest.catalogue.pages.json_model import ComparisonForm, ToolForm
from digest.catalogue.panel import panel_from_verdicts
from digest.catalogue.views import ComparisonView, ReviewView, ToolView
from digest.errors import NotFound
from digest.issues.content import make_cards, make_glance
from digest.rendering.content.headline import (
    headline_for,
    minutes_to_read,
    preheader_for,
    sentence_for,
    subject_for,
)
from digest.rendering.content.issue_content import Flip, IssueContent, Site
from digest.rendering.message.reader_slots import ReaderValues, preview_slots
from digest.settings import SITE_NAME
from previews import samples

EDITION, EDITION_NAME = "weekly", SITE_NAME
TEMPLATES = "weekly"  # the template set, whose name has nothing to do with the edition's
SITE = Site(
    public_url="https://digest.example.org",
    sender=f"{SITE_NAME} <verdicts@news.example.org>",
    reply_to="editor@news.example.org",
    postal_address="The Verdict Desk, 12 Example Street, 10115 Berlin",
    site_name=SITE_NAME,
)
READER = ReaderValues(
    message_id="sample.0@news.example.org",
    date=datetime(2026, 12, 8, 9, 0, tzinfo=UTC),
    slots=preview_slots(SITE.public_url),
).with_slots(address="ada@example.net")


def sample_content(name: str) -> IssueContent:
    """The content of a sample issue. Raises `NotFound`."""
    try:
        values = samples.read(name)
    except KeyError:
        listed = ", ".join(samples.names())
        raise NotFound(f"there is no sample {name!r}; there are {listed}") from None
    return content_from(values)


def content_from(values: Mapping[str, Any]) -> IssueContent:
    """An issue made of sample values; subject, quotes and groups follow the usual rules."""
    forms = TypeAdapter(list[ComparisonForm]).validate_python(values["comparisons"])
    items = [_comparison(form) for form in forms]
    flips = TypeAdapter(list[Flip]).validate_python(values["flips"])
    subject = subject_for(items, flips)
    cards = make_cards(items)
    return IssueContent(
        number=values["number"],
        edition=EDITION,
        edition_name=EDITION_NAME,
        date=date.fromisoformat(values["date"]),
        subject=subject,
        preheader=preheader_for(items, subject, flips),
        headline=headline_for(items, flips),
        sentence=values["sentence"] or sentence_for(items, flips),
        minutes=minutes_to_read(cards),
        glance=tuple(make_glance(items)),
        cards=cards,
        flips=tuple(flips),
    )


def _comparison(form: ComparisonForm) -> ComparisonView:
    left, right = _tool(form.left), _tool(form.right)
    return ComparisonView(
        slug=f"{left.slug}-vs-{right.slug}",
        title=f"{left.name} vs {right.name}",
        left=left,
        right=right,
        url=None,
        first_seen_at=READER.date,
    )


def _tool(form: ToolForm) -> ToolView:
    panel = panel_from_verdicts([review.verdict for review in form.reviews])
    return ToolView(
        **form.model_dump(include=_FACTS),
        slug=form.slug or slugify(form.name),
        short_name=form.short_name or short_name_of(form.name),
        panel_ship_percent=panel.percent,
        ship=panel.ship,
        skip=panel.skip,
        verdict=panel.verdict,
        reviews=tuple(ReviewView(**review.model_dump()) for review in form.reviews),
    )


_FACTS = {
    "name",
    "category",
    "tagline",
    "entry",
    "pricing",
    "best_for",
    "description",
    "community",
    "url",
}
