"""The shipped sample as a message with its facts, and ways to plant one mistake in it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from digest.rendering.content.issue_content import IssueContent, Site
from digest.rendering.issue import compile_in_process
from digest.rendering.message.compiled import CompiledMessage
from digest.rendering.message.reader_slots import ReaderValues
from digest.rendering.templates.template_set import ROOT, TemplateSet, load_templates
from digest.services.preflight.facts import content_facts
from previews.preflight.checks import Preflight, run
from previews.preflight.facts import Facts
from previews.preflight.rendered_message import RenderedMessage

UNSUBSCRIBE = "https://digest.example.org/unsubscribe/a1b2.42-weekly.qwertyuiopasdfghjklz"
PREFERENCES = "https://digest.example.org/preferences/a1b2.42.qwertyuiopasdfghjklz"
SITE = Site(
    public_url="https://digest.example.org",
    sender="Weekly Verdicts <digest@news.example.org>",
    reply_to="editor@news.example.org",
    postal_address="1 Test Street, 10115 Berlin",
    site_name="Weekly AI Tool Verdicts",
)
READER = ReaderValues(
    message_id="c0ffee@news.example.org",
    date=datetime(2026, 12, 8, 9, 0, tzinfo=UTC),
    slots={
        "address": "reader@example.net",
        "unsubscribe_url": UNSUBSCRIBE,
        "preferences_url": PREFERENCES,
        "one_click_url": UNSUBSCRIBE,
    },
)


@dataclass(frozen=True)
class Case:
    """A message, its facts, and the template and content for mistakes made there."""

    raw: bytes
    facts: Facts

    def check(self) -> Preflight:
        return run([RenderedMessage("all", raw=self.raw)], self.facts)


@dataclass(frozen=True)
class Seed:
    """One planted mistake, and the code that must find it."""

    code: str
    what: str
    plant: Callable[[], Case] = field(repr=False)

    def __str__(self) -> str:
        return f"{self.code} {self.what}"


@cache
def templates() -> TemplateSet:
    return load_templates("weekly")


@cache
def sample() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / "weekly" / "sample.json").read_text("utf-8"))
    return loaded


def compiled(content: IssueContent, files: Mapping[str, str] | None = None) -> CompiledMessage:
    chosen = TemplateSet("seeded", files) if files is not None else templates()
    return compile_in_process(content, SITE, chosen)


def facts_of(content: IssueContent) -> Facts:
    return replace(
        content_facts(content, SITE),
        unsubscribe_url=UNSUBSCRIBE,
        preferences_url=PREFERENCES,
        sources=templates().files,
    )


@cache
def clean() -> Case:
    content = IssueContent.model_validate(sample())
    return Case(compiled(content).fill(READER), facts_of(content))


def written(change: Callable[[dict[str, Any]], object]) -> Callable[[], Case]:
    """A mistake in the content of the issue."""

    def plant() -> Case:
        data = json.loads(json.dumps(sample()))
        change(data)
        content = IssueContent.model_validate(data)
        return Case(compiled(content).fill(READER), facts_of(content))

    return plant


def templated(file: str, old: str, new: str, *more: str) -> Callable[[], Case]:
    """A mistake in a template."""

    def plant() -> Case:
        files = dict(templates().files)
        for before, after in ((old, new), *zip(more[::2], more[1::2], strict=True)):
            assert before in files[file], f"{before!r} is not in {file}"
            files[file] = files[file].replace(before, after)
        content = IssueContent.model_validate(sample())
        facts = replace(facts_of(content), sources=files)
        return Case(compiled(content, files).fill(READER), facts)

    return plant


def sent(old: str | bytes, new: str | bytes, count: int = 1) -> Callable[[], Case]:
    """A mistake in the bytes."""

    def plant() -> Case:
        case = clean()
        before = old.encode() if isinstance(old, str) else old
        after = new.encode() if isinstance(new, str) else new
        assert before in case.raw, f"{old!r} is not in the message"
        return replace(case, raw=case.raw.replace(before, after, count))

    return plant


def printed(
    html: tuple[str, str] | None = None, text: tuple[str, str] | None = None
) -> Callable[[], Case]:
    """A mistake in the text of a part, encoded as usual."""

    def plant() -> Case:
        content = IssueContent.model_validate(sample())
        message = compiled(content)
        page, plain = message.html(READER), message.text(READER)
        if html:
            assert html[0] in page, f"{html[0]!r} is not in the HTML"
            page = page.replace(*html, 1)
        if text:
            assert text[0] in plain, f"{text[0]!r} is not in the text"
            plain = plain.replace(*text, 1)
        changed = replace(message, html_segments=(page,), text_segments=(plain,))
        return Case(changed.fill(READER), facts_of(content))

    return plant


def known(**changes: Any) -> Callable[[], Case]:
    """A mistake in the circumstances."""
    return lambda: replace(clean(), facts=replace(clean().facts, **changes))


def found_codes(case: Case) -> tuple[set[str], set[str]]:
    """(the codes of errors, those of warnings)."""
    findings = case.check().findings
    return {f.code for f in findings if f.is_error}, {f.code for f in findings if not f.is_error}
