"""The wording that readers agree to."""

from pathlib import Path

import templates
from subscribers.consent import WORDING, WORDINGS


def test_the_sign_up_form_shows_the_wording_that_the_log_names() -> None:
    form = Path(templates.__file__).with_name("web") / "_parts.html"
    assert WORDINGS[WORDING] in form.read_text(encoding="utf-8")
