"""SpamAssassin and rspamd: their answers are parsed, and their absence is reported."""

import stat
from pathlib import Path

import pytest

from previews.preflight.deliverability import spam_filters
from previews.preflight.deliverability.spam_filters import ask_spam_filters

REPORT = """#!/bin/sh
cat > /dev/null
cat <<'EOF'
X-Spam-Checker-Version: SpamAssassin 4.0.0
X-Spam-Status: {word}, score={score} required=5.0 tests=HTML_IMAGE_ONLY_04,
\tMISSING_DATE autolearn=no

Content analysis details:
 pts rule name              description
---- ---------------------- ---------------
 1.4 MISSING_DATE           Missing Date: header
 3.9 HTML_IMAGE_ONLY_04     BODY: HTML: images with 0-400 bytes of words
EOF
"""
ANSWER = """#!/bin/sh
cat > /dev/null
echo '{"score": 0.8, "symbols": {"MIME_HTML_ONLY": {"name": "MIME_HTML_ONLY", "score": 0.8}}}'
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    which = spam_filters.shutil.which
    monkeypatch.setattr(spam_filters.shutil, "which", lambda name: which(name, path=str(tmp_path)))
    return tmp_path


def install(folder: Path, name: str, script: str) -> None:
    program = folder / name
    program.write_text(script)
    program.chmod(program.stat().st_mode | stat.S_IEXEC)


async def test_without_any_filter_the_finding_says_so(folder: Path) -> None:
    scores, findings = await ask_spam_filters(b"")
    assert scores == []
    assert [finding.code for finding in findings] == ["DLV-003"]


async def test_spam_is_an_error_that_names_the_heaviest_rule_first(folder: Path) -> None:
    install(folder, "spamassassin", REPORT.format(word="Yes", score="5.3"))
    [score], [finding] = await ask_spam_filters(b"")
    assert score.points == 5.3
    assert score.rules == ("HTML_IMAGE_ONLY_04 3.9", "MISSING_DATE 1.4")
    assert finding.code == "DLV-002"


async def test_a_few_points_are_a_warning(folder: Path) -> None:
    install(folder, "rspamc", ANSWER)
    [score], [finding] = await ask_spam_filters(b"")
    assert (score.filter, score.points) == ("rspamd", 0.8)
    assert finding.code == "DLV-001"


async def test_a_clean_message_has_no_finding(folder: Path) -> None:
    install(folder, "spamassassin", REPORT.format(word="No", score="-0.1"))
    _, findings = await ask_spam_filters(b"")
    assert findings == []


async def test_a_filter_that_does_not_answer_is_killed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(folder, "spamassassin", "#!/bin/sh\nexec sleep 60\n")
    monkeypatch.setattr(spam_filters, "SECONDS", 0.2)
    scores, findings = await ask_spam_filters(b"")
    assert scores == []
    assert [finding.code for finding in findings] == ["DLV-003"]
