"""The five real pages from import to inbox: every fact is right in the mail."""

import email
import re
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.conftest import CommandLine

SHARED = "Claude 4 API: Tool Use Streaming & Prompt Caching"
PANELS = {
    "Codestral 2": ("Paid", 75, 3, 1, "ship"),
    "Code Llama 4": ("Free", 75, 3, 1, "ship"),
    "Claude Haiku Open Weights": ("Free", 50, 2, 2, "split"),
    "Claude Code Local": ("Free", 75, 3, 1, "ship"),
    "SmolAgents 2.0": ("Free", 75, 3, 1, "ship"),
}


@pytest.fixture
def imported(digest: CommandLine, pages: Path) -> CommandLine:
    digest("comparisons", "import", pages)
    return digest


def test_the_list_shows_every_panel(imported: CommandLine) -> None:
    listed = imported.json("comparisons", "list")
    assert [found["left"]["name"] for found in listed] == [SHARED] * 5
    assert all(found["left"]["panel_ship_percent"] == 100 for found in listed)
    rights = {
        side["name"]: tuple(
            side[key] for key in ("entry", "panel_ship_percent", "ship", "skip", "verdict")
        )
        for side in (found["right"] for found in listed)
    }
    assert rights == PANELS
    sides = [found[side] for found in listed for side in ("left", "right")]
    assert {side["category"] for side in sides} == {"Developer Tools"}
    assert {side["community"] for side in sides} == {None}


def test_each_fact_is_on_its_page_word_for_word(imported: CommandLine, pages: Path) -> None:
    lines = {line.strip(" “”") for path in pages.glob("*.txt") for line in _lines(path)}
    for found in imported.json("comparisons", "list"):
        shown = imported.json("comparisons", "show", found["slug"])
        for tool in (shown["left"], shown["right"]):
            assert len(tool["reviews"]) == 4
            texts = [tool[key] for key in ("tagline", "description", "pricing", "best_for")]
            texts += [review["quote"] for review in tool["reviews"]]
            assert {text for text in texts if text} <= lines
            assert tool["tagline"]
            assert tool["description"]


def test_scores_and_personas_are_those_of_the_one_page_that_has_them(
    imported: CommandLine,
) -> None:
    takes = {}
    for found in imported.json("comparisons", "list"):
        shown = imported.json("comparisons", "show", found["slug"])
        for tool in (shown["left"], shown["right"]):
            takes[tool["name"]] = [
                (review["persona"], review["score"], review["verdict"])
                for review in tool["reviews"]
            ]
    assert takes.pop(SHARED) == [
        ("Builder", 88, "ship"),
        ("Skeptic", 82, "ship"),
        ("Futurist", 85, "ship"),
        ("Founder", 79, "ship"),
    ]
    assert takes.pop("SmolAgents 2.0") == [
        ("Builder", 74, "ship"),
        ("Skeptic", 68, "ship"),
        ("Futurist", 77, "ship"),
        ("PM", 55, "skip"),
    ]
    assert len(takes) == 4
    assert all(found == [(None, None, None)] * 4 for found in takes.values())


def test_importing_again_changes_nothing(imported: CommandLine, pages: Path) -> None:
    before = imported.json("comparisons", "list")
    report = imported.json("comparisons", "import", pages)
    assert (report["changes"], report["tools_added"], report["comparisons_added"]) == ([], [], [])
    assert imported.json("comparisons", "list") == before


class TestTheMail:
    """What the one confirmed reader receives."""

    @pytest.fixture
    def mail(self, imported: CommandLine) -> EmailMessage:
        imported("readers", "add", "ann@example.org", "--confirmed", "--source", "a test")
        number = str(imported.json("issues", "compose", "--extra")["number"])
        imported("issues", "approve", number)
        report = imported.json("issues", "send", number, "--to-inbox", "--wait")
        assert (report["state"], report["accepted"], report["open"]) == ("sent", 1, 0)
        [path] = imported.inbox.glob("*.eml")
        return email.message_from_bytes(path.read_bytes(), policy=policy.default)  # type: ignore[return-value]

    def test_the_mail_contains_every_verdict_and_count(self, mail: EmailMessage) -> None:
        text = _part(mail, "plain")
        assert "[SHIP] Claude 4 API: 100% (4 ship / 0 skip)" in text
        for name, (_, percent, ship, skip, verdict) in PANELS.items():
            line = f"[{verdict.upper()}] {name}: {percent}% ({ship} ship / {skip} skip)"
            assert text.count(line) == 2, "at a glance, and in its card"

    def test_both_parts_carry_address_preferences_and_unsubscribe(self, mail: EmailMessage) -> None:
        for kind in ("plain", "html"):
            part = _part(mail, kind)
            for words in ("1 Test Street, 10115 Berlin", "/preferences/", "/unsubscribe/"):
                assert words in part

    def test_no_fact_is_invented(self, mail: EmailMessage, pages: Path) -> None:
        known = " ".join(" ".join(_lines(path)) for path in sorted(pages.glob("*.txt")))
        quotes = re.findall(r"“([^”]+)”", _part(mail, "plain"))
        assert len(quotes) == 12, "two of each tool"
        for quote in quotes:
            folded = " ".join(quote.split())
            assert len(folded) <= 200
            assert folded.removesuffix("…") in known

    def test_the_subject_contains_a_verdict(self, mail: EmailMessage) -> None:
        subject = str(mail["Subject"])
        assert len(subject) <= 50
        assert re.search(r"\b(ships|splits|skip)", subject[:33])


def _part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))  # type: ignore[arg-type]
    assert body is not None
    content: Any = body.get_content()
    return str(content)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()
