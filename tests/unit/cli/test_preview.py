"""`digest preview` says at once what it cannot show."""

from pathlib import Path

import pytest

from digest.cli.preview import preview
from digest.errors import NotFound, UsageError


def test_an_issue_and_a_sample_exclude_each_other() -> None:
    with pytest.raises(UsageError, match="not both"):
        preview(issue=1, sample="emoji")


def test_a_folder_that_holds_no_template_sets_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="has no folder 'shared'"):
        preview(issue=None, templates=tmp_path)
