"""Each planted mistake is found under its code, with no other error."""

import pytest

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
