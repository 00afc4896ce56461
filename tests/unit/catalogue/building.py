"""Made-up pages in both layouts, and short cuts to read and import them."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from digest.app import App
from digest.catalogue.pages.page import ComparisonPage, PageProblem
from digest.catalogue.pages.text_page import read_text_page
from digest.services.actor import Actor, Channel
from digest.services.comparisons import import_files as service
from digest.services.comparisons.import_files import ImportReport
from digest.settings import Settings
from digest.store import Store
from subscribers.keys import Keyring

EDITOR = Actor(Channel.COMMAND_LINE, "ann")
QUESTION = "Which one should you ship with? Here is everything, side by side."
CLOSING = ("Weekly AI Tool Verdicts", "Get the next one", "New tools all the time.")


def card_a(name: str, percent: str = "75%", **facts: str) -> list[str]:
    return [
        facts.get("category", "Testing"),
        name,
        facts.get("tagline", f"What {name} does"),
        percent,
        "Panel ship",
        facts.get("community", "—"),
        "Community",
        facts.get("entry", "Free"),
        "Entry",
        facts.get("description", f"More about {name}."),
    ]


def page_a(
    left: Sequence[str],
    right: Sequence[str],
    quotes: Sequence[str] = (),
    title: str | None = None,
) -> str:
    lines = [
        "AI tool comparison",
        title or f"{left[1]} vs {right[1]}",
        QUESTION,
        *left,
        *right,
        "Reviewer scorecard",
        *(f"“{quote}”" for quote in quotes),
        *CLOSING,
    ]
    return "\n".join(lines)


def page_b(
    left: str = "Ash",
    right: str = "Birch",
    *,
    percents: tuple[str, str] = ("75%", "50%"),
    badges: tuple[str, str] = ("Ship", "Split"),
    table: dict[str, tuple[str, str]] | None = None,
    rows: str = "",
) -> str:
    cells = {
        "Panel verdict": ("Ship · 3 ship / 1 skip", "Split · 2 ship / 2 skip"),
        "Community": ("No community votes yet", "No community votes yet"),
        "Pricing": ("Free for ever", "A lot"),
        "Best for": (f"What {left} does", "Everyone"),
        "Category": ("Testing", "Testing"),
        **(table or {}),
    }
    cards = "\n\n".join(
        "\n\n".join(
            [
                name[0],
                "Testing",
                name,
                f"What {name} does",
                badge,
                percent,
                "Panel ship",
                "Community",
                "Free",
                "Entry",
                f"More about {name}.",
            ]
        )
        for name, percent, badge in zip((left, right), percents, badges, strict=True)
    )
    decision = "\n".join(line for label, pair in cells.items() for line in (label, *pair))
    return (
        f"Compare/{left} vs {right}\n\nAI tool comparison\n\n{left} vs {right}\n\n{QUESTION}\n\n"
        f"{cards}\n\nDecision\n{left}\n{right}\n{decision}\n\nReviewer scorecard\n\n{rows}\n\n"
        + "\n\n".join(CLOSING)
    )


def take_b(score: int, verdict: str, quote: str) -> str:
    return f"{score}/100 · {verdict}\n\n{quote}\n"


def read(text: str) -> ComparisonPage:
    """The page, which must be without errors."""
    reading = read_text_page("page.txt", text)
    assert reading.page, reading.problems
    return reading.page


def refusal(text: str) -> PageProblem:
    """The error that keeps a text from being a page."""
    reading = read_text_page("page.txt", text)
    assert reading.page is None
    return reading.problems[-1]


def comparison(left: dict[str, Any] | str, right: dict[str, Any] | str) -> dict[str, Any]:
    """The JSON form of a comparison; a tool may be given by its name only."""
    sides = [{"name": side} if isinstance(side, str) else side for side in (left, right)]
    return {"left": sides[0], "right": sides[1]}


async def import_files(
    store: Store, *paths: Path, as_of: datetime, dry_run: bool = False
) -> ImportReport:
    """Import through the service, with a clock that shows `as_of`."""
    keyring = Keyring("a key for the tests only, long enough")
    app = App(Settings(_env_file=None), store, keyring, clock=lambda: as_of)
    return await service.import_files(app, EDITOR, paths, dry_run=dry_run)
