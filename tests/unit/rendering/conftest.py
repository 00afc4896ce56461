"""An issue to render: the shipped sample, a site, a reader."""

from datetime import UTC, datetime

import pytest

from digest.rendering.content.issue_content import IssueContent, Site
from digest.rendering.message.reader_slots import ReaderValues
from digest.rendering.templates.template_set import ROOT, TemplateSet, load_templates


@pytest.fixture(scope="session")
def weekly() -> TemplateSet:
    return load_templates("weekly")


@pytest.fixture(scope="session")
def content() -> IssueContent:
    return IssueContent.model_validate_json((ROOT / "weekly" / "sample.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def site() -> Site:
    return Site(
        public_url="https://digest.example.org",
        sender="Weekly Verdicts <digest@news.example.org>",
        reply_to="editor@news.example.org",
        postal_address="1 Test Street, 10115 Berlin",
        site_name="Weekly AI Tool Verdicts",
    )


@pytest.fixture(scope="session")
def reader() -> ReaderValues:
    public = "https://digest.example.org"
    return ReaderValues(
        message_id="c0ffee@news.example.org",
        date=datetime(2026, 12, 8, 9, 0, tzinfo=UTC),
        slots={
            "address": "reader@example.net",
            "unsubscribe_url": f"{public}/unsubscribe/a1b2.42-7.QWERTYUIOPASDFGHJKLZ",
            "preferences_url": f"{public}/preferences/a1b2.7.QWERTYUIOPASDFGHJKLZ",
            "one_click_url": f"{public}/unsubscribe/a1b2.42-7.QWERTYUIOPASDFGHJKLZ",
        },
    )
