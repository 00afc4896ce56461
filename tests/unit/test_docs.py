"""The documentation keeps up with the code: settings, commands, options, keys, states, links."""

import re
import shlex
from collections.abc import Iterator
from enum import StrEnum
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from typer.main import get_command

from digest.catalogue.pages.page import PageProblem
from digest.catalogue.pages.read_files import FileReport
from digest.catalogue.views import FactChange, ReviewView, RevisionView
from digest.cli import app
from digest.delivery.ledger.accounting import Accounting
from digest.delivery.states import DeliveryState
from digest.issues.states import IssueState
from digest.services.comparisons.edit import EditedComparison
from digest.services.comparisons.import_files import ImportReport
from digest.services.comparisons.listing import ListedComparison, ListedTool
from digest.services.comparisons.show import ComparisonDetails, ToolDetails
from digest.services.installation.doctor.check_result import CheckResult
from digest.services.installation.initialise import Initialised
from digest.services.installation.migrate_store import StoreCopy, TableCopy
from digest.services.issues.reports import DeliveryProblem, IssueReport, IssueRow
from digest.services.relays import RelayOverview
from digest.services.schedule.agenda import AgendaLine
from digest.settings import SECRETS, Settings
from schedules.states import SlotState
from subscribers.states import ConsentKind, SuppressionReason

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
EVERYWHERE = {"--help", "--json"}
FENCE = re.compile(r"^( *)```.*?\n(.*?)^\1```", re.DOTALL | re.MULTILINE)
INLINE_CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose(page: Path) -> str:
    return FENCE.sub("", read(page))


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command that does something, by its words after `digest`."""
    for name, child in getattr(command, "commands", {}).items():
        if hasattr(child, "commands"):
            yield from leaves(child, (*path, name))
        else:
            yield " ".join((*path, name)), child


COMMANDS = dict(leaves(get_command(app)))
NOUNS = [[command.split()[0]] for command in COMMANDS if " " in command]


def options(command: Any) -> set[str]:
    flags = [flag for p in command.params for flag in (*p.opts, *p.secondary_opts)]
    return {flag for flag in flags if flag.startswith("-")}


def rows_of(command: str) -> str:
    """The table rows of `docs/cli.md` that name a command."""
    named = re.compile(rf"`(digest )?{command}[ `]")
    return "\n".join(line for line in read(DOCS / "cli.md").splitlines() if named.search(line))


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_is_documented(field: str) -> None:
    assert f"| `DIGEST_{field.upper()}` |" in read(DOCS / "operator.md")


@pytest.mark.parametrize("secret", SECRETS)
def test_every_secret_is_documented_as_a_file_too(secret: str) -> None:
    paragraph = next(p for p in read(DOCS / "operator.md").split("\n\n") if "_FILE=" in p)
    assert f"`{secret}`" in paragraph


def test_no_setting_is_documented_that_does_not_exist() -> None:
    named = re.findall(r"\bDIGEST_[A-Z_]*[A-Z]", "\n".join(read(page) for page in PAGES))
    known = {f"DIGEST_{field.upper()}" for field in Settings.model_fields}
    known |= {"DIGEST_LOG", "DIGEST_LOG_FORMAT"}
    assert set(named) - known - {f"{secret}_FILE" for secret in SECRETS} == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented_with_its_options(command: str) -> None:
    rows = rows_of(command)
    assert rows, f"docs/cli.md has no row for {command}"
    missing = [
        flag
        for flag in options(COMMANDS[command]) - EVERYWHERE
        if not re.search(rf"{flag}(?![\w-])", rows)
    ]
    assert missing == []


@pytest.mark.parametrize(
    "model",
    [
        Accounting,
        IssueReport,
        DeliveryProblem,
        IssueRow,
        AgendaLine,
        CheckResult,
        RelayOverview,
        Initialised,
        StoreCopy,
        TableCopy,
    ],
)
def test_every_key_that_is_printed_is_documented(model: type[BaseModel]) -> None:
    text = read(DOCS / "cli.md")
    assert [field for field in model.model_fields if f"`{field}`" not in text] == []


@pytest.mark.parametrize(
    "model",
    [
        ListedComparison,
        ListedTool,
        ComparisonDetails,
        ToolDetails,
        ReviewView,
        RevisionView,
        ImportReport,
        FileReport,
        PageProblem,
        FactChange,
        EditedComparison,
    ],
)
def test_every_key_of_a_comparison_is_documented(model: type[BaseModel]) -> None:
    text = read(DOCS / "comparisons.md")
    printed = [name for name, field in model.model_fields.items() if not field.exclude]
    assert [name for name in printed if f"`{name}`" not in text] == []


@pytest.mark.parametrize(
    ("states", "page"),
    [
        (DeliveryState, "delivery.md"),
        (IssueState, "issues.md"),
        (SlotState, "schedule.md"),
        (ConsentKind, "readers.md"),
        (SuppressionReason, "readers.md"),
    ],
)
def test_every_state_is_documented(states: type[StrEnum], page: str) -> None:
    words = set(re.findall(r"\w+", read(DOCS / page)))
    assert set(states) - words == set()


def documented_commands() -> Iterator[tuple[str, str]]:
    """(page, what stands after `digest`) of every example and every mention."""
    for page in PAGES:
        blocks = [block for _, block in FENCE.findall(read(page))]
        lines = [line.strip().removeprefix("$ ") for block in blocks for line in block.splitlines()]
        for line in (*lines, *INLINE_CODE.findall(prose(page))):
            if line.startswith("digest "):
                yield name_of(page), line.removeprefix("digest ")


def test_every_documented_command_exists() -> None:
    wrong = [f"{page}: digest {line}" for page, line in documented_commands() if objection(line)]
    assert wrong == []


def objection(line: str) -> str | None:
    """What is wrong with `issues show 3 --json`; None if nothing is."""
    plain = line.translate(
        str.maketrans("", "", "[]\\")
    )  # brackets stand round what may be left out
    shell = iter(shlex.split(plain, comments=True))
    words = list(takewhile(lambda word: word not in ("|", ">", "&&"), shell))
    if not words or words[0].isupper() or words[0].startswith("--") or words in NOUNS:
        return None
    path = words[0] if words[0] in COMMANDS else " ".join(words[:2])
    if path not in COMMANDS:
        return "no such command"
    given = {word.partition("=")[0] for word in words if word.startswith("--")}
    unknown = given - options(COMMANDS[path]) - {"--help"}
    return f"no such option: {unknown}" if unknown else None


@pytest.mark.parametrize(
    "line", ["issues shwo 3", "issues show 3 --jsno", "servant", "schedule skp DATE"]
)
def test_a_command_that_does_not_exist_would_be_seen(line: str) -> None:
    assert objection(line)


def anchors(page: Path) -> set[str]:
    """A page's headings as GitHub makes anchors of them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in LINK.findall(prose(page)):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_every_page_is_in_the_index() -> None:
    linked = set(LINK.findall(read(DOCS / "README.md")))
    assert {page.name for page in DOCS.glob("*.md")} - linked - {"README.md"} == set()


def test_every_decision_is_in_the_list() -> None:
    linked = set(LINK.findall(read(DOCS / "adr" / "README.md")))
    assert {page.name for page in DOCS.glob("adr/*.md")} - linked - {"README.md"} == set()


@pytest.mark.parametrize("picture", sorted(DOCS.rglob("*.png")), ids=name_of)
def test_pictures_are_small_and_shown(picture: Path) -> None:
    assert picture.stat().st_size < 300_000
    assert any(f"{picture.name})" in read(page) for page in PAGES)
