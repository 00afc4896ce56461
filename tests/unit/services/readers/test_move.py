"""Moving a reader to a new address."""

import pytest

from digest.app import App
from digest.errors import NotFound, Refused
from digest.services.readers.add import add_reader
from digest.services.readers.move import move_reader
from digest.services.readers.show import show_reader
from digest.services.readers.suppress import EditorReason, suppress_address
from subscribers.address import EmailAddress
from tests.readers import EDITOR, erase

OLD = EmailAddress.parse("ann@old.example.org")
NEW = EmailAddress.parse("ann@new.example.org")


async def reasons(app: App, address: EmailAddress) -> set[str]:
    return {str(entry.reason) for entry in (await show_reader(app, address)).suppressed}


async def test_consent_and_history_move_with_the_reader(app: App) -> None:
    await add_reader(app, EDITOR, OLD, confirmed=True, source="a fair")
    before = await show_reader(app, OLD)
    moved = await move_reader(app, EDITOR, OLD, NEW)
    after = await show_reader(app, NEW)
    assert (moved.id, moved.address) == (before.id, NEW.text)
    assert (after.id, after.address, after.editions) == (before.id, NEW.wire, before.editions)
    assert after.consent[:-1] == before.consent
    assert after.consent[-1].kind == "moved"
    assert OLD.text not in after.consent[-1].source
    assert after.suppressed == ()


async def test_no_list_makes_a_second_reader_of_the_old_address(app: App) -> None:
    await add_reader(app, EDITOR, OLD, confirmed=True)
    await move_reader(app, EDITOR, OLD, NEW)
    with pytest.raises(Refused, match="unsubscribed"):
        await add_reader(app, EDITOR, OLD, confirmed=True)


@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        (EditorReason.UNSUBSCRIBE, {"unsubscribe"}),
        (EditorReason.COMPLAINT, {"complaint"}),
        (EditorReason.MANUAL, {"manual"}),
        (EditorReason.BOUNCE, set()),
    ],
)
async def test_a_suppression_moves_too_but_for_a_bounce_of_the_old_mailbox(
    app: App, reason: EditorReason, kept: set[str]
) -> None:
    await add_reader(app, EDITOR, OLD, confirmed=True)
    await suppress_address(app, EDITOR, OLD, reason)
    await move_reader(app, EDITOR, OLD, NEW)
    assert await reasons(app, NEW) == kept


async def test_nobody_is_moved_to_an_address_that_is_taken_or_suppressed(app: App) -> None:
    with pytest.raises(NotFound, match="is not a reader"):
        await move_reader(app, EDITOR, OLD, NEW)
    await add_reader(app, EDITOR, OLD, confirmed=True)
    await suppress_address(app, EDITOR, NEW, EditorReason.BOUNCE)
    with pytest.raises(Refused, match="suppressed"):
        await move_reader(app, EDITOR, OLD, NEW)
    other = EmailAddress.parse("bob@example.org")
    await add_reader(app, EDITOR, other, confirmed=True)
    with pytest.raises(Refused, match="is a reader already"):
        await move_reader(app, EDITOR, OLD, other)
    await erase(app, other.wire)
    with pytest.raises(Refused):
        await move_reader(app, EDITOR, OLD, other)


async def test_another_spelling_of_the_same_address_is_written_as_it_is_now(app: App) -> None:
    await add_reader(app, EDITOR, OLD, confirmed=True)
    await move_reader(app, EDITOR, OLD, EmailAddress.parse("Ann@old.example.org"))
    details = await show_reader(app, OLD)
    assert (details.address, details.suppressed) == ("Ann@old.example.org", ())
