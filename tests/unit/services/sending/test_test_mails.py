"""A test mail looks like a reader's, goes to somebody else, does nothing and counts for nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import cast

import pytest
from sqlmodel import select

from digest.app import App
from digest.delivery.ports import Outgoing
from digest.delivery.states import MailingKind, Route
from digest.delivery.tables import Mailing
from digest.errors import NotFound, Refused, UsageError
from digest.issues.editing import Edit
from digest.issues.freezing import FrozenIssue
from digest.services.issues import reports
from digest.services.issues.compose import compose_issue
from digest.services.issues.drafts import IssueDraft, compile_version
from digest.services.issues.edit import edit_issue
from digest.services.sending import test_mails
from digest.services.sending.messages import MessageWriter
from tests.readers import EDITOR, erase
from tests.workers import ledger_at

AddReaders = Callable[[int], Awaitable[list[int]]]


@pytest.fixture
def database() -> str:
    return "sqlite"


@pytest.fixture(autouse=True)
async def draft(
    app: App, add_readers: AddReaders, add_news: Callable[..., Awaitable[None]]
) -> None:
    await add_readers(2)
    await add_news(("Alpha", "Beta"))
    await compose_issue(app, EDITOR, "weekly")


async def written(app: App) -> list[Outgoing]:
    claims = await ledger_at(app.store, "w").claim([Route.RELAY], 10, app.clock())
    return [await MessageWriter(app).compose(claim, app.clock()) for claim in claims]


def parts(message: Outgoing) -> tuple[EmailMessage, str, str]:
    parsed = cast(EmailMessage, message_from_bytes(message.data, policy=default))
    text, html = (part.get_content() for part in parsed.iter_parts())  # type: ignore[union-attr]
    return parsed, str(text), str(html)


async def test_it_is_marked_and_its_links_do_nothing(app: App) -> None:
    await test_mails.send_test(
        app, EDITOR, 1, ["ed@example.org", "ann@example.org", "ed@EXAMPLE.org"]
    )
    messages = await written(app)
    assert sorted(message.recipient for message in messages) == [
        "ann@example.org",
        "ed@example.org",
    ]
    for message in messages:
        parsed, text, html = parts(message)
        assert parsed["Subject"].startswith("[TEST] ")
        assert parsed["List-Unsubscribe"] == "<https://digest.example.org/unsubscribe/preview>"
        assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        for part in (text, html):
            assert "https://digest.example.org/unsubscribe/preview" in part
            assert "https://digest.example.org/preferences/preview" in part


async def test_as_a_reader_it_shows_their_address_and_still_goes_to_the_editor(app: App) -> None:
    await test_mails.send_test(app, EDITOR, 1, ["ed@example.org"], reader="Reader1@example.org")
    [message] = await written(app)
    parsed, text, html = parts(message)
    assert message.recipient == parsed["To"] == "ed@example.org"
    for part in (text, html):
        assert "reader1@example.org" in part
        assert "ed@example.org" not in part
        assert "/unsubscribe/preview" in part


async def test_it_is_on_record_with_what_was_sent_and_not_in_the_report(app: App) -> None:
    await test_mails.send_test(app, EDITOR, 1, ["ed@example.org"], reader="reader1@example.org")
    async with app.store.read() as session:
        mailing = (await session.exec(select(Mailing))).one()
    assert mailing.kind == MailingKind.TEST
    assert mailing.issue_id is None
    assert mailing.payload["issue"] == 1
    assert mailing.payload["variant"] == "all"
    assert len(mailing.payload["hash"]) == 64
    assert "@" not in str(mailing.payload)
    assert (await reports.issue_report(app, 1)).accounting.recipients == 0


async def test_a_reader_who_is_erased_meanwhile_is_in_no_test(app: App) -> None:
    await test_mails.send_test(app, EDITOR, 1, ["ed@example.org"], reader="reader1@example.org")
    await erase(app, "reader1@example.org")
    with pytest.raises(Refused, match="erased"):
        await written(app)


async def test_an_address_that_is_not_a_reader_s_and_a_variant_that_is_not_a_mail_are_refused(
    app: App,
) -> None:
    with pytest.raises(NotFound, match="is not a reader"):
        await test_mails.send_test(app, EDITOR, 1, ["ed@example.org"], reader="nobody@example.org")
    with pytest.raises(UsageError, match="there are all"):
        await test_mails.send_test(app, EDITOR, 1, ["ed@example.org"], variant="web")


async def test_a_test_of_an_issue_that_was_changed_before_it_was_sent_is_refused(
    app: App,
) -> None:
    await test_mails.send_test(app, EDITOR, 1, ["ed@example.org"])
    await edit_issue(app, EDITOR, 1, Edit(subject="Alpha ships after all"))
    with pytest.raises(Refused, match=r"changed since .*`digest issues test 1`"):
        await written(app)


@pytest.fixture
def meanwhile(app: App, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Edits that are written while the test mail is compiled."""

    def edited(*edits: Edit) -> None:
        left = list(edits)

        async def compiled(found: IssueDraft | FrozenIssue) -> FrozenIssue:
            if left:
                await asyncio.wait_for(edit_issue(app, EDITOR, 1, left.pop(0)), 5)
            return await compile_version(found)

        monkeypatch.setattr(test_mails, "compile_version", compiled)

    return edited


async def test_others_can_write_while_it_is_compiled_and_it_shows_the_issue_as_it_is_then(
    app: App, meanwhile: Callable[..., None]
) -> None:
    meanwhile(Edit(subject="Alpha ships after all"))
    await test_mails.send_test(app, EDITOR, 1, ["ed@example.org"])
    [message] = await written(app)
    assert parts(message)[0]["Subject"] == "[TEST] Alpha ships after all"


async def test_no_test_is_sent_of_an_issue_that_keeps_changing(
    app: App, meanwhile: Callable[..., None]
) -> None:
    meanwhile(*(Edit(subject=f"The subject no. {number}") for number in range(9)))
    with pytest.raises(Refused, match=r"changed each time .* compiled; try again"):
        await test_mails.send_test(app, EDITOR, 1, ["ed@example.org"])
    assert await written(app) == []


async def test_testers_are_written_like_any_other_mailbox(app: App) -> None:
    to = "Acme, Inc. <ed@example.org>, ann@münchen.example; Ed <ed@EXAMPLE.org>"
    await test_mails.send_test(app, EDITOR, 1, [to])
    mails = await written(app)
    assert {mail.recipient for mail in mails} == {"ed@example.org", "ann@xn--mnchen-3ya.example"}


@pytest.mark.parametrize("to", ["Ed", "ed@example.org, Ann", "Ed <ed@example.org", " "])
async def test_what_is_no_address_is_refused_before_anything_is_sent(app: App, to: str) -> None:
    with pytest.raises(UsageError, match=r"^--to: "):
        await test_mails.send_test(app, EDITOR, 1, [to])
    assert await written(app) == []
