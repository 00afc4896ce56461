"""docs/preflight.md lists every code with its severity and title, and no other code."""

import re
from pathlib import Path

import pytest

from previews.preflight.checks import rules
from previews.preflight.finding import Rule

PAGE = Path(__file__).parents[4] / "docs" / "preflight.md"
ROW = re.compile(r"^\| ([A-Z][A-Z0-9]{2}-\d{3}) \| (\w+) \| (.+) \| (.+) \|$", re.MULTILINE)


@pytest.mark.parametrize("rule", rules().values(), ids=lambda rule: rule.code)
def test_every_code_is_documented(rule: Rule) -> None:
    rows = {row[0]: row[1:] for row in ROW.findall(PAGE.read_text("utf-8"))}
    severity = rule.severity.value if rule.overridable else "final"
    assert rows.get(rule.code, ())[:2] == (severity, rule.title)


def test_no_code_is_documented_that_does_not_exist() -> None:
    assert {row[0] for row in ROW.findall(PAGE.read_text("utf-8"))} == set(rules())


@pytest.mark.parametrize("rule", rules().values(), ids=lambda rule: rule.code)
def test_a_rule_explains_itself_in_sentences(rule: Rule) -> None:
    assert rule.title[-1] not in ".!"
    assert rule.why.endswith((".", "?"))
    assert rule.fix.endswith((".", ":"))
