"""Preflight in the way of an issue: errors stop it, warnings do not, an override has a name."""

import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from digest.app import App
from digest.delivery.states import MailingKind
from digest.delivery.tables import Mailing
from digest.errors import Refused, UsageError
from digest.issues.editing import Edit
from digest.issues.lookup import get_issue
from digest.issues.states import IssueState
from digest.issues.tables import IssueOverride
from digest.rendering.content.issue_content import Flip
from digest.rendering.templates import template_set
from digest.services.actor import Actor, Channel
from digest.services.issues import drafts
from digest.services.issues.approve import approve_issue
from digest.services.issues.compose import compose_issue
from digest.services.issues.edit import edit_issue
from digest.services.preflight import facts
from digest.services.preflight.check import CheckedIssue, check_issue, override_error
from digest.services.preflight.gate import PreflightFailed
from digest.services.preflight.inspection import read_input
from digest.services.sending import start
from schedules.states import Approval, SlotState
from schedules.tables import Slot
from tests.readers import EDITOR

from ..conftest import Clock

PLACEHOLDER = Edit(sentence="A week of TK tools, and one more.")
REASON = "it is the tool's real name"


@pytest.fixture
def database() -> str:
    return "sqlite"


@pytest.fixture(autouse=True)
async def draft(app: App, add_news: Callable[..., Awaitable[None]]) -> None:
    await add_news(("Alpha", "Beta"))
    await compose_issue(app, EDITOR, "weekly")


def codes(checked: CheckedIssue) -> list[str]:
    return [finding.code for finding in checked.findings]


async def test_an_ordinary_issue_has_nothing_but_that_nobody_reads_it_yet(app: App) -> None:
    checked = await check_issue(app, 1)
    assert codes(checked) == ["CNT-070"]
    assert checked.blocking == []
    assert checked.clients["Apple Mail iOS"] > 90


async def test_with_readers_it_has_nothing_at_all(
    app: App, add_readers: Callable[[int], Awaitable[list[int]]]
) -> None:
    await add_readers(3)
    assert codes(await check_issue(app, 1)) == []


async def test_an_error_stops_the_approval_and_says_where_to_look(app: App) -> None:
    await edit_issue(app, EDITOR, 1, PLACEHOLDER)
    with pytest.raises(PreflightFailed, match=r"CNT-021.*digest issues check 1"):
        await approve_issue(app, EDITOR, 1)


async def test_a_warning_does_not(app: App) -> None:
    await edit_issue(app, EDITOR, 1, Edit(preheader="Short"))
    assert "CNT-006" in codes(await check_issue(app, 1))
    issue = await approve_issue(app, EDITOR, 1)
    assert issue.state == IssueState.SCHEDULED


async def test_an_override_with_name_and_reason_lets_it_pass_and_is_kept(app: App) -> None:
    await edit_issue(app, EDITOR, 1, PLACEHOLDER)
    await override_error(app, Actor(Channel.COMMAND_LINE, "Ann"), 1, "CNT-021", reason=REASON)
    assert (await check_issue(app, 1)).blocking == []
    await approve_issue(app, EDITOR, 1)
    async with app.store.read() as session:
        [kept] = await session.exec(select(IssueOverride))
    assert (kept.code, kept.by, kept.reason, kept.created_at) == (
        "CNT-021",
        "Ann",
        REASON,
        app.clock(),
    )


async def test_an_edit_voids_an_override(app: App) -> None:
    await edit_issue(app, EDITOR, 1, PLACEHOLDER)
    await override_error(app, Actor(Channel.COMMAND_LINE, "Ann"), 1, "CNT-021", reason=REASON)
    await edit_issue(app, EDITOR, 1, Edit(sentence="A week of TODO tools, and one more."))
    with pytest.raises(PreflightFailed):
        await approve_issue(app, EDITOR, 1)


@pytest.mark.parametrize(("by", "reason"), [("", REASON), ("Ann", " ")])
async def test_an_override_without_a_name_or_reason_is_refused(
    app: App, by: str, reason: str
) -> None:
    await edit_issue(app, EDITOR, 1, PLACEHOLDER)
    with pytest.raises(UsageError, match="a name and a reason"):
        await override_error(app, Actor(Channel.COMMAND_LINE, by), 1, "CNT-021", reason=reason)


@pytest.mark.parametrize("code", ["MSG-020", "LNK-020", "CNT-020", "CNT-028", "LNK-003", "TPL-001"])
async def test_some_errors_cannot_be_overridden(app: App, code: str) -> None:
    with pytest.raises(Refused, match="cannot be overridden"):
        await override_error(app, Actor(Channel.COMMAND_LINE, "Ann"), 1, code, reason=REASON)


async def test_what_was_not_found_cannot_be_overridden(app: App) -> None:
    with pytest.raises(Refused, match="nothing to override"):
        await override_error(app, Actor(Channel.COMMAND_LINE, "Ann"), 1, "CNT-021", reason=REASON)
    with pytest.raises(UsageError, match="no code"):
        await override_error(app, Actor(Channel.COMMAND_LINE, "Ann"), 1, "CNT-999", reason=REASON)


async def test_without_a_postal_address_nothing_is_approved(app: App) -> None:
    bare = replace(app, settings=app.settings.model_copy(update={"postal_address": ""}))
    with pytest.raises(PreflightFailed, match="CNT-028"):
        await approve_issue(bare, EDITOR, 1)


async def test_a_page_on_this_machine_stops_what_goes_to_a_relay_and_not_to_the_inbox(
    app: App, add_readers: Callable[[int], Awaitable[list[int]]]
) -> None:
    await add_readers(1)
    loopback = {"public_url": "http://127.0.0.1:8000"}
    local = replace(app, settings=app.settings.model_copy(update=loopback))
    assert {"LNK-004", "MSG-021"} <= set(codes(await check_issue(local, 1)))
    assert codes(await check_issue(local, 1, to_inbox=True)) == []
    no_relay = local.settings.model_copy(update={"smtp_url": None})
    await approve_issue(replace(local, settings=no_relay), EDITOR, 1)
    with pytest.raises(PreflightFailed):
        await start.send_issue(local, EDITOR, 1)
    assert await start.send_issue(local, EDITOR, 1, to_inbox=True)


async def test_a_flip_that_became_none_since_the_approval_stops_the_sending(
    app: App, monkeypatch: pytest.MonkeyPatch, add_readers: Callable[[int], Awaitable[list[int]]]
) -> None:
    await add_readers(1)
    await approve_issue(app, EDITOR, 1)
    flip = Flip.model_validate(
        {"name": "Alpha", "before": "skip", "after": "ship", "on": "2026-11-20", "why": ""}
    )

    async def flips(*_: object) -> list[Flip]:
        return [flip]

    monkeypatch.setattr(facts, "flips_of", flips)
    with pytest.raises(PreflightFailed, match="CNT-061"):
        await start.send_issue(app, EDITOR, 1)


async def test_an_automatic_approval_that_is_stopped_leaves_a_draft(
    app: App,
    clock: Clock,
    set_edition: Callable[..., Awaitable[None]],
    add_news: Callable[..., Awaitable[None]],
) -> None:
    await set_edition(approval=Approval.AUTOMATIC)
    await edit_issue(app, EDITOR, 1, PLACEHOLDER)
    made = await compose_issue(app, EDITOR, "weekly")
    assert made.state == IssueState.DRAFT


@pytest.fixture
def spoil(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes, bytes], None]:
    """Changes the footer's template on the disk."""
    root = tmp_path / "email"
    shutil.copytree(template_set.ROOT, root)

    def load(name: str, *_: Path) -> Any:
        return template_set.load_templates(name, root)

    monkeypatch.setattr(drafts, "load_templates", load)
    monkeypatch.setattr(facts, "load_templates", load)

    def change(before: bytes, after: bytes) -> None:
        footer = root / "weekly" / "footer.mjml.j2"
        assert before in footer.read_bytes()
        footer.write_bytes(footer.read_bytes().replace(before, after))

    return change


MISSPELT = b"{{ reader.address }}", b"{{ reader.adress }}"
LATIN_1 = b"{{ reader.address }}", "für {{ reader.address }}".encode("latin-1")


@pytest.mark.parametrize(("change", "line"), [(MISSPELT, 4), (LATIN_1, None)])
async def test_a_template_that_makes_no_mail_is_found_with_file_and_line(
    app: App, spoil: Callable[..., None], change: tuple[bytes, bytes], line: int | None
) -> None:
    spoil(*change)
    checked = await check_issue(app, 1)
    [finding] = checked.findings
    assert finding.code == "TPL-001"
    assert (finding.file, finding.line) == ("footer.mjml.j2", line)
    assert not finding.overridable
    assert checked.hash is None


@pytest.mark.parametrize("change", [MISSPELT, LATIN_1])
async def test_a_template_that_makes_no_mail_leaves_a_draft_and_a_notice(
    app: App,
    spoil: Callable[..., None],
    set_edition: Callable[..., Awaitable[None]],
    change: tuple[bytes, bytes],
) -> None:
    await set_edition(approval=Approval.AUTOMATIC)
    spoil(*change)
    made = await compose_issue(app, EDITOR, "weekly")
    assert made.state == IssueState.DRAFT
    async with app.store.read() as session:
        slot = (await session.exec(select(Slot).order_by(col(Slot.send_at)))).first()
        assert slot
        assert slot.state == SlotState.COMPOSED
        [notice] = await session.exec(select(Mailing).where(Mailing.kind == MailingKind.NOTICE))
    [told] = notice.payload["paragraphs"]
    assert "TPL-001" in told
    assert "footer.mjml.j2" in told


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"template": "nowhere"}, "TPL-001 no email templates"),
        ({"sender": "ä@example.org"}, "TPL-002"),
    ],
)
async def test_an_edition_that_makes_no_mail_stops_the_approval_and_leaves_a_draft(
    app: App, set_edition: Callable[..., Awaitable[None]], setting: dict[str, str], told: str
) -> None:
    await set_edition(approval=Approval.AUTOMATIC, **setting)
    assert (await compose_issue(app, EDITOR, "weekly")).state == IssueState.DRAFT
    with pytest.raises(PreflightFailed, match=told):
        await approve_issue(app, EDITOR, 1)


async def test_what_was_approved_goes_out_whatever_became_of_its_templates(
    app: App, spoil: Callable[..., None], add_readers: Callable[[int], Awaitable[list[int]]]
) -> None:
    await add_readers(1)
    await approve_issue(app, EDITOR, 1)
    spoil(*LATIN_1)
    assert await start.send_issue(app, EDITOR, 1)


async def test_a_template_that_is_gone_while_it_is_read_keeps_no_approved_issue_back(
    app: App,
    monkeypatch: pytest.MonkeyPatch,
    add_readers: Callable[[int], Awaitable[list[int]]],
) -> None:
    await add_readers(1)
    await approve_issue(app, EDITOR, 1)

    def gone(*_: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(facts, "load_templates", gone)
    assert await start.send_issue(app, EDITOR, 1)


async def test_templates_that_change_are_no_other_circumstances_of_an_approved_issue(
    app: App, spoil: Callable[..., None]
) -> None:
    await approve_issue(app, EDITOR, 1)
    async with app.store.read() as session:
        before = await read_input(session, app, await get_issue(session, 1))
        spoil(*MISSPELT)
        after = await read_input(session, app, await get_issue(session, 1))
    assert before.facts.sources != after.facts.sources
    assert before == after
