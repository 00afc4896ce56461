"""`digest issues check`: what is printed of a finding, for people and as JSON."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.cli.issue_checks import print_checked
from digest.issues.tables import IssueOverride
from digest.services.preflight.check import CheckedIssue, checked_issue
from previews.preflight.checks import Preflight
from previews.preflight.content.wording import PLACEHOLDER_WORD
from previews.preflight.finding import FindingPlace

DOCS = Path(__file__).parents[3] / "docs" / "cli.md"
FOUND = PLACEHOLDER_WORD.found("“TK”", FindingPlace("html", "html>body>p:nth-child(2)", "TK"))
OVERRIDE = IssueOverride(
    issue_id=1,
    code="CNT-021",
    hash="ab",
    details=[FOUND.detail],
    by="Ann",
    reason="it is a name",
    created_at=datetime(2026, 12, 8, tzinfo=UTC),
)


def checked(*, overridden: bool = False) -> CheckedIssue:
    overrides = {FOUND: OVERRIDE} if overridden else {}
    return checked_issue(7, "ab", Preflight((FOUND, FOUND), {"Gmail web": 90}), overrides)


def test_every_key_is_documented() -> None:
    data = checked(overridden=True).model_dump(mode="json")
    row = next(line for line in DOCS.read_text("utf-8").splitlines() if "`issues check N`" in line)
    keys = {*data, *data["findings"][0], *data["findings"][0]["overridden"]}
    assert {key for key in keys if f"`{key}`" not in row} == set()


def test_an_error_blocks_until_it_is_overridden() -> None:
    assert checked().blocked
    assert not checked(overridden=True).blocked


def test_a_finding_is_explained_once_with_place_and_fix(capsys: pytest.CaptureFixture[str]) -> None:
    print_checked(checked())
    told = capsys.readouterr().out
    assert told.count("CNT-021") == 2
    assert told.count("html: “TK”") == 2
    assert told.count(PLACEHOLDER_WORD.why) == 1
    assert "2 blocking, 0 warnings" in told


def test_the_author_of_an_override_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    print_checked(checked(overridden=True))
    assert "overridden by Ann: it is a name" in capsys.readouterr().out
