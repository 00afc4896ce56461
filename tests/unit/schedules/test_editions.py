"""Creating and changing editions; nothing malformed or contradictory is stored."""

import asyncio
from datetime import date, datetime

import pytest
from sqlmodel import select

from digest.store import Store
from schedules.editions import (
    EditionChange,
    create_default,
    create_edition,
    get_edition,
    list_editions,
    update_edition,
)
from schedules.errors import ScheduleError
from schedules.tables import Edition, Slot


async def test_the_first_edition_is_the_weekly_one(store: Store, now: datetime) -> None:
    async with store.write() as session:
        edition = await create_default(session, now, name="Verdicts", zone="Europe/Berlin")
        first = (await session.exec(select(Slot.local_date).order_by(Slot.local_date))).first()
    assert (edition.slug, edition.name) == ("weekly", "Verdicts")
    assert (edition.weekdays, edition.send_time, edition.zone) == ("tue", "09:00", "Europe/Berlin")
    assert (edition.cutoff_hours, edition.grace_hours, edition.give_up_hours) == (15, 12, 48)
    assert (edition.min_items, edition.max_items, edition.max_age_days) == (1, 8, 60)
    assert (edition.approval, edition.on_unknown) == ("required", "resend")
    assert first == date(2026, 11, 24)


async def test_two_processes_create_the_first_edition_once(
    store: Store, other_store: Store, now: datetime
) -> None:
    async def init(through: Store) -> Edition:
        async with through.write() as session:
            return await create_default(session, now)

    one, two = await asyncio.gather(init(store), init(other_store))
    assert one.id == two.id


async def test_creating_the_first_edition_again_keeps_its_changes(
    store: Store, now: datetime
) -> None:
    async with store.write() as session:
        await create_default(session, now)
        await update_edition(session, "weekly", EditionChange(name="Ours"), now)
        assert (await create_default(session, now)).name == "Ours"


async def test_editions_are_listed_oldest_first(store: Store, now: datetime) -> None:
    async with store.write() as session:
        await create_edition(session, "weekly", EditionChange(), now)
        await create_edition(session, "builders", EditionChange(active=False), now)
        assert [found.slug for found in await list_editions(session)] == ["weekly", "builders"]
        assert len((await session.exec(select(Slot))).all()) == 5


async def test_an_existing_edition_is_not_created_again(store: Store, weekly: Edition) -> None:
    async with store.write() as session:
        with pytest.raises(ScheduleError, match="there is an edition 'weekly' already"):
            await create_edition(session, "weekly", EditionChange(), datetime.now().astimezone())


async def test_an_unknown_edition_is_an_error_with_the_next_step(store: Store) -> None:
    async with store.read() as session:
        with pytest.raises(ScheduleError, match="`digest editions list` shows them"):
            await get_edition(session, "monthly")


async def test_a_change_leaves_the_rest_as_it_is(
    store: Store, weekly: Edition, now: datetime
) -> None:
    change = EditionChange(weekdays="Friday, TUE", send_time="9:05", approval="automatic")
    async with store.write() as session:
        await update_edition(session, "weekly", change, now)
    async with store.read() as session:
        edition = await get_edition(session, "weekly")
    assert (edition.weekdays, edition.send_time, edition.zone) == (
        "tue,fri",
        "09:05",
        "Europe/Berlin",
    )
    assert edition.approval == "automatic"


async def test_an_empty_sender_removes_it(store: Store, weekly: Edition, now: datetime) -> None:
    async with store.write() as session:
        given = EditionChange(sender="Us <us@example.org>", reply_to="us@example.org")
        edition = await update_edition(session, "weekly", given, now)
        assert edition.sender == "Us <us@example.org>"
        edition = await update_edition(session, "weekly", EditionChange(sender=""), now)
    assert (edition.sender, edition.reply_to) == (None, "us@example.org")


async def test_a_change_that_contradicts_other_settings_changes_nothing(
    store: Store, weekly: Edition, now: datetime
) -> None:
    async with store.write() as session:
        with pytest.raises(ScheduleError, match="at least 9 items and hold at most 8"):
            await update_edition(session, "weekly", EditionChange(name="X", min_items=9), now)
        change = EditionChange(weekdays="mon,tue", cutoff_hours=24)
        with pytest.raises(ScheduleError, match=r"cut-off \(24 h\) .* two slots \(24 h\)"):
            await update_edition(session, "weekly", change, now)
    async with store.read() as session:
        edition = await get_edition(session, "weekly")
    assert (edition.name, edition.min_items, edition.cutoff_hours) == ("Weekly", 1, 15)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("weekdays", "someday", "not a weekday"),
        ("send_time", "25:00", "not a time of day"),
        ("zone", "Mars/Olympus", "not a time zone"),
        ("cutoff_hours", -1, "cutoff-hours must be from 0 to 8,760, not -1"),
        ("min_items", 0, "min-items must be from 1 to 100, not 0"),
        ("max_items", 1000, "max-items must be from 1 to 100"),
        ("max_age_days", 0, "max-age-days must be from 1"),
        ("grace_hours", 0, "grace-hours must be from 1"),
        ("give_up_hours", 10**9, "give-up-hours must be from 1"),
        ("approval", "maybe", "approval must be required or automatic, not 'maybe'"),
        ("on_unknown", "", "on-unknown must be resend or hold, not ''"),
        ("name", "  ", "name must be one line"),
        ("name", "a\r\nBcc: everybody@example.org", "name must be one line"),
        ("name", "x" * 201, "name must be one line of 1 to 200"),
        ("sender", "nobody", "sender must be an address or Name <address>"),
        ("sender", "Us <us@example.org>\r\nBcc: x@y", "sender must be one line"),
        ("reply_to", "@example.org", "reply-to must be an address"),
        ("template", "../../etc", "is not a template"),
    ],
)
def test_a_bad_value_is_refused_in_one_sentence(field: str, value: object, sentence: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        EditionChange(**{field: value})
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("slug", ["", "Weekly", "a b", "a/b", "-a", "a--b", "ä", "x" * 201])
async def test_a_slug_is_lower_case_letters_digits_and_hyphens(
    store: Store, now: datetime, slug: str
) -> None:
    async with store.write() as session:
        with pytest.raises(ScheduleError, match="is not a slug"):
            await create_edition(session, slug, EditionChange(), now)
