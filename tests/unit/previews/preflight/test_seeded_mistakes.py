"""Each planted mistake is found under its code, with no other error."""

import json
from dataclasses import replace

import pytest

from digest.catalogue.views import ComparisonView
from digest.rendering.content.headline import headline_for, subject_for
from digest.rendering.content.issue_content import IssueContent
from digest.rendering.issue import WEB, compile_issue
from digest.services.workbench.samples import sample_content
from previews import samples
from previews.preflight.checks import rules, run
from previews.preflight.rendered_message import RenderedMessage
from tests.unit.previews.preflight import seeds_content, seeds_html, seeds_message
from tests.unit.previews.preflight.seeding import (
    READER,
    SITE,
    Seed,
    clean,
    compiled,
    facts_of,
    found_codes,
    sample,
    templates,
)

SEEDS: list[Seed] = [*seeds_message.SEEDS, *seeds_html.SEEDS, *seeds_content.SEEDS]
# Found by a compiler, a network or another program; each has its own test.
ELSEWHERE = {"TPL", "LNK-03", "DLV"}


@pytest.mark.parametrize("seed", SEEDS, ids=str)
def test_a_planted_mistake_is_found_and_no_other_error(seed: Seed) -> None:
    errors, warnings = found_codes(seed.plant())
    assert seed.code in errors | warnings
    assert errors <= {seed.code}


def test_at_least_sixty_codes_are_planted() -> None:
    assert len({seed.code for seed in SEEDS}) >= 60


def test_the_shipped_sample_has_no_finding() -> None:
    assert clean().check().findings == ()


def test_the_sample_s_archive_page_has_no_finding() -> None:
    content = IssueContent.model_validate(sample())
    page = compile_issue(content, SITE, templates(), WEB).html()
    assert run([RenderedMessage(WEB, page_html=page)], facts_of(content)).findings == ()


@pytest.mark.parametrize("name", samples.names())
def test_no_sample_has_an_error(name: str) -> None:
    content = sample_content(name)
    mail = RenderedMessage("all", raw=compiled(content).fill(READER))
    page = compile_issue(content, SITE, templates(), WEB).html()
    found = run([mail, RenderedMessage(WEB, page_html=page)], facts_of(content))
    assert [f"{f.code} {f.detail}" for f in found.errors] == []


def test_every_rule_is_planted_somewhere() -> None:
    planted = {seed.code for seed in SEEDS}
    missing = {code for code in rules() if not code.startswith(tuple(ELSEWHERE))} - planted
    assert missing == set()


LOOKALIKES = [
    'Write <p class="x">{{ name }}</p>',
    'Set class="dark" on the body and class="btn ship", {% raw %} or ${price}',
    "TODO lists and <br> tags, &amp; more",
    "*|FNAME|* {{ a }} " + "and a name that no subject has room for " * 2,
]


@pytest.mark.parametrize("words", LOOKALIKES)
def test_imported_words_that_look_like_a_template_s_block_nothing(words: str) -> None:
    """Wherever they are printed: names in subjects and headlines too, shortened or in capitals."""
    data = json.loads(json.dumps(sample()))
    for side in (data["cards"][0]["left"], data["cards"][1]["left"]):
        fields = ("name", "short_name", "tagline", "entry", "community", "best_for", "category")
        side["tool"] |= dict.fromkeys(fields, words) | {"best_for": f"{words}!"}
        for quote in side["quotes"]:
            quote |= {"text": f"{words} {quote['text']}", "persona": words}
    data["cards"][0]["category"] = words
    data["flips"][0] |= {"name": words, "why": words}
    data["glance"][0]["name"] = words
    cards = IssueContent.model_validate(data).cards
    views = [
        ComparisonView.model_construct(left=card.left.tool, right=card.right.tool) for card in cards
    ]
    data["subject"], data["headline"] = subject_for(views), headline_for(views)
    content = IssueContent.model_validate(data)
    found = run([RenderedMessage("all", raw=compiled(content).fill(READER))], facts_of(content))
    codes = {finding.code for finding in found.findings}
    assert not codes & {"CNT-020", "CNT-021", "CNT-024", "CNT-025", "MSG-053", "MSG-054"}
    page = compile_issue(content, SITE, templates(), WEB).html()
    web = run([RenderedMessage(WEB, page_html=page)], facts_of(content))
    assert not {finding.code for finding in web.errors} & {"CNT-020", "CNT-021", "CNT-024"}


def test_what_a_template_left_is_final_beside_imported_words_that_look_alike() -> None:
    content = json.loads(json.dumps(sample()))
    content["cards"][0]["left"]["quotes"][0]["text"] = "It prints {{ name }}."
    told = IssueContent.model_validate(content)
    message = compiled(told)
    page = message.html(READER).replace("All issues", "All issues {{ name }}")
    raw = replace(message, html_segments=(page,)).fill(READER)
    found = run([RenderedMessage("all", raw=raw)], facts_of(told))
    assert {(f.code, f.rule.overridable) for f in found.errors} == {("CNT-020", False)}
