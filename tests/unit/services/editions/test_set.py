"""Changing an edition, or creating one."""

from datetime import date

import pytest

from digest.app import App
from digest.errors import UsageError
from digest.services.editions.set import set_edition
from digest.services.editions.show import show_edition
from schedules.editions import EditionChange
from schedules.errors import ScheduleError
from tests.readers import EDITOR


async def test_a_change_is_stored_and_replans_the_slots(app: App) -> None:
    changed = await set_edition(app, EDITOR, "weekly", EditionChange(weekdays="fri"))
    assert changed == await show_edition(app, "weekly")
    assert changed.next_slot is not None
    assert changed.next_slot.date == date(2026, 11, 27)


async def test_a_new_edition_has_to_be_asked_for(app: App) -> None:
    change = EditionChange(name="Builders", weekdays="mon")
    with pytest.raises(ScheduleError, match="there is no edition 'builders'"):
        await set_edition(app, EDITOR, "builders", change)
    created = await set_edition(app, EDITOR, "builders", change, create=True)
    assert (created.name, created.weekdays, created.zone) == ("Builders", ("mon",), "UTC")


async def test_create_changes_an_edition_that_exists(app: App) -> None:
    changed = await set_edition(app, EDITOR, "weekly", EditionChange(max_items=5), create=True)
    assert (changed.max_items, changed.send_time) == (5, "09:00")


async def test_a_refused_change_stores_nothing(app: App) -> None:
    before = await show_edition(app, "weekly")
    with pytest.raises(ScheduleError, match="must be shorter than the time between two slots"):
        await set_edition(app, EDITOR, "weekly", EditionChange(name="X", cutoff_hours=168))
    assert await show_edition(app, "weekly") == before


async def test_a_sender_is_stored_as_it_goes_out(app: App) -> None:
    change = EditionChange(sender="AI@Work <news@münchen.example>", reply_to="Acme, Inc. <a@b.org>")
    changed = await set_edition(app, EDITOR, "weekly", change)
    assert changed.sender == '"AI@Work" <news@xn--mnchen-3ya.example>'
    assert changed.reply_to == '"Acme, Inc." <a@b.org>'
    removed = await set_edition(app, EDITOR, "weekly", EditionChange(sender="", reply_to=""))
    assert (removed.sender, removed.reply_to) == (None, None)


@pytest.mark.parametrize("option", ["sender", "reply-to"])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Tom <tom@b.org>, Ann <ann@b.org>", "holds several addresses, tom@b.org and ann@b.org"),
        ("Root <root@localhost>", "has no usable address"),
    ],
)
async def test_what_is_not_one_mailbox_is_refused_with_its_option(
    app: App, option: str, text: str, reason: str
) -> None:
    before = await show_edition(app, "weekly")
    change = EditionChange(**{option.replace("-", "_"): text})  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=f"^{option}: '{text}' {reason}"):
        await set_edition(app, EDITOR, "weekly", change)
    assert await show_edition(app, "weekly") == before
