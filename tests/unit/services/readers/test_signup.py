"""Signing up and confirming."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import SQLModel, select, update

from digest.app import App
from digest.delivery.states import MailingKind
from digest.delivery.tables import Delivery, Mailing
from digest.errors import NotFound
from digest.services.actor import Actor, Channel
from digest.services.readers.add import add_reader
from digest.services.readers.confirming import (
    confirm_signup,
    names_of_link,
    read_confirmation,
)
from digest.services.readers.retention import forget_unconfirmed_signups
from digest.services.readers.show import show_reader
from digest.services.readers.signup import (
    renew_confirmation,
    request_signup,
    work_off_signups,
)
from digest.services.readers.signup_report import signup_report
from digest.services.readers.suppress import EditorReason, suppress_address
from schedules.editions import EditionChange, create_edition
from schedules.errors import ScheduleError
from subscribers import asking, requests
from subscribers.address import EmailAddress
from subscribers.caps import ConfirmationCaps
from subscribers.errors import LinkInvalid
from subscribers.signup import raw_token
from subscribers.states import LinkState
from subscribers.subscriptions import unsubscribe
from subscribers.tables import (
    ConfirmationToken,
    ConsentEvent,
    SignupRequest,
    Subscriber,
    Subscription,
)
from tests.readers import EDITOR, erase, sign_up
from tests.unit.services.conftest import Clock

ANN = EmailAddress.parse("ann@example.org")
FORM = Actor(Channel.HOME_FORM)
LINK = Actor(Channel.CONFIRMATION_LINK)
AddReaders = Callable[[int], Awaitable[list[int]]]


async def newest_link(app: App) -> str:
    async with app.store.read() as session:
        tokens = (await session.exec(select(ConfirmationToken))).all()
        return raw_token(app.keyring, tokens[-1])


async def test_a_sign_up_writes_one_confirmation_mail_in_the_same_commit(app: App) -> None:
    await sign_up(app, ANN.wire)
    async with app.store.read() as session:
        mailing = (await session.exec(select(Mailing))).one()
        delivery = (await session.exec(select(Delivery))).one()
    assert mailing.kind == MailingKind.CONFIRMATION
    assert delivery.address == ANN.wire


async def test_an_unknown_edition_stores_nothing(app: App) -> None:
    with pytest.raises(ScheduleError, match="no edition 'daily'"):
        await request_signup(app, FORM, ANN, "daily")
    async with app.store.read() as session:
        assert (await session.exec(select(Delivery))).all() == []


async def test_the_page_behind_a_link_masks_the_address(app: App) -> None:
    await sign_up(app, ANN.wire)
    link = await read_confirmation(app, await newest_link(app))
    assert link.model_dump(mode="json", exclude={"preferences_token"}) == {
        "address_masked": "a…@example.org",
        "edition_name": "Weekly AI Tool Verdicts",
        "editions": ["weekly"],
        "state": LinkState.OPEN,
        "coming": True,
    }


async def test_confirming_again_reports_that_nothing_changed(app: App) -> None:
    await sign_up(app, ANN.wire)
    token = await newest_link(app)
    assert (await confirm_signup(app, LINK, token)).changed
    assert not (await confirm_signup(app, LINK, token)).changed


@pytest.mark.parametrize("keep_ip", [True, False])
async def test_an_ip_address_is_kept_only_where_the_setting_says_so(
    app: App, keep_ip: bool
) -> None:
    app = replace(app, settings=app.settings.model_copy(update={"keep_ip": keep_ip}))
    await request_signup(app, FORM, ANN, "weekly", ip="192.0.2.7")
    await work_off_signups(app)
    await confirm_signup(app, LINK, await newest_link(app), ip="192.0.2.8")
    kept = [entry.ip for entry in (await show_reader(app, ANN)).consent]
    assert kept == (["192.0.2.7", "192.0.2.8"] if keep_ip else [None, None])


async def test_each_step_is_logged_with_its_source(app: App, clock: Clock) -> None:
    await sign_up(app, ANN.wire)
    clock.forward(days=3)
    await renew_confirmation(app, Actor(Channel.EXPIRED_LINK), await newest_link(app))
    await work_off_signups(app)
    await confirm_signup(app, LINK, await newest_link(app))
    assert [entry.source for entry in (await show_reader(app, ANN)).consent] == [
        "web form, home page",
        "expired link",
        "confirmation link",
    ]


async def test_an_invented_link_cannot_be_renewed(app: App) -> None:
    with pytest.raises(LinkInvalid):
        await renew_confirmation(app, Actor(Channel.EXPIRED_LINK), "0" * 40)


async def rows(app: App, table: type[SQLModel]) -> list[Any]:
    async with app.store.read() as session:
        return list((await session.exec(select(table))).all())


async def test_answering_looks_nothing_up_so_that_every_address_takes_the_same_way(
    app: App, clock: Clock
) -> None:
    """What is written for a new, a pending, an active and a barred address is one equal row."""
    names = ["new", "pending", "active", "barred"]
    addresses = [EmailAddress.parse(f"{name}@example.org") for name in names]
    await sign_up(app, addresses[1].wire)
    await add_reader(app, EDITOR, addresses[2], confirmed=True)
    await suppress_address(app, EDITOR, addresses[3], EditorReason.COMPLAINT)
    statements: list[list[str]] = []
    engine = app.store.engine.sync_engine
    for address in addresses:
        seen: list[str] = []

        def note(_c: Any, _cur: Any, text: str, *_: Any, into: list[str] = seen) -> None:
            into.append(text)

        event.listen(engine, "before_cursor_execute", note)
        await request_signup(app, FORM, address, "weekly", ip="192.0.2.7")
        event.remove(engine, "before_cursor_execute", note)
        statements.append(seen)
    assert statements[0]
    assert all(seen == statements[0] for seen in statements)
    assert len(await rows(app, SignupRequest)) == len(addresses)


async def test_a_request_survives_until_a_sender_decides_about_it(app: App) -> None:
    await request_signup(app, FORM, ANN, "weekly")
    [waiting] = (await show_reader(app, ANN)).waiting
    assert waiting.edition == "weekly"
    assert await work_off_signups(app) == 1
    assert await rows(app, SignupRequest) == []
    assert await work_off_signups(app) == 0


async def test_many_equal_requests_worked_off_by_two_senders_are_one_mail_and_one_consent(
    app: App,
) -> None:
    await asyncio.gather(*(request_signup(app, FORM, ANN, "weekly") for _ in range(8)))
    await asyncio.gather(work_off_signups(app), work_off_signups(app))
    assert len(await rows(app, Delivery)) == 1
    assert [entry.kind for entry in (await show_reader(app, ANN)).consent] == ["requested"]
    assert await rows(app, SignupRequest) == []


async def test_a_request_over_a_cap_is_mailed_once_the_cap_allows_it(
    app: App, clock: Clock
) -> None:
    tagged = EmailAddress.parse("ann+later@example.org")
    await sign_up(app, ANN.wire)
    await sign_up(app, tagged.wire)
    assert len(await rows(app, Delivery)) == 1
    report = await signup_report(app)
    assert report.outcomes == {"mailed": 1, "waits: mailbox": 1}
    assert report.waiting == {"mailbox": 1}
    for _ in range(25):
        clock.forward(hours=1)
        await work_off_signups(app)
    assert [row.address for row in await rows(app, Delivery)] == [ANN.wire, tagged.wire]
    assert (await signup_report(app)).waiting == {}


async def test_a_request_that_waited_for_two_days_is_given_up_and_counted(
    app: App, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = ConfirmationCaps(in_all_an_hour=0)
    monkeypatch.setattr(asking, "request", partial(asking.request, caps=nobody))
    await sign_up(app, ANN.wire)
    for _ in range(50):
        clock.forward(hours=1)
        await work_off_signups(app)
    assert await rows(app, SignupRequest) == []
    assert (await signup_report(app)).outcomes["given up: all"] == 1


async def test_one_source_s_many_requests_wait_behind_one_of_another(app: App) -> None:
    for n in range(5):
        address = EmailAddress.parse(f"x{n}@example.org")
        await request_signup(app, FORM, address, "weekly", ip="192.0.2.7")
    await request_signup(app, FORM, ANN, "weekly", ip="2001:db8::1")
    async with app.store.read() as session:
        ids = await requests.due(session, app.clock(), 2)
        found = [await session.get(SignupRequest, one) for one in ids]
    assert {row.address for row in found if row} == {"x0@example.org", ANN.wire}


async def test_the_network_of_a_request_is_not_kept(app: App) -> None:
    await request_signup(app, FORM, ANN, "weekly", ip="192.0.2.7")
    assert "192.0.2.7" not in str(await rows(app, SignupRequest))


async def test_erasing_a_reader_drops_what_they_asked_for(app: App) -> None:
    await sign_up(app, ANN.wire)
    await request_signup(app, FORM, ANN, "weekly")
    await erase(app, ANN.wire)
    await work_off_signups(app)
    assert (await show_reader(app, ANN)).address is None


async def test_the_confirmation_mail_names_all_that_its_link_confirms(
    app: App, clock: Clock
) -> None:
    async with app.store.write() as session:
        await create_edition(session, "monthly", EditionChange(name="Monthly"), clock())
    await sign_up(app, ANN.wire)
    await sign_up(app, ANN.wire, "monthly")
    async with app.store.read() as session:
        token = (await session.exec(select(ConfirmationToken))).one()
        assert await names_of_link(session, token) == "Weekly AI Tool Verdicts and Monthly"


async def test_an_unconfirmed_sign_up_is_deleted_days_after_its_link_expired(
    app: App, clock: Clock
) -> None:
    await sign_up(app, ANN.wire)
    clock.forward(days=8, hours=23)
    await forget_unconfirmed_signups(app)
    assert (await show_reader(app, ANN)).address == ANN.wire
    clock.forward(hours=1)
    await forget_unconfirmed_signups(app)
    with pytest.raises(NotFound):
        await show_reader(app, ANN)
    for table in (Subscription, ConsentEvent):
        assert await rows(app, table) == []
    assert ANN.wire not in str([await rows(app, table) for table in (Subscriber, Delivery)])
    await sign_up(app, ANN.wire)
    await confirm_signup(app, LINK, await newest_link(app))
    assert (await show_reader(app, ANN)).editions[0].state == "active"


async def test_a_mailbox_s_cap_outlives_the_deletion(app: App, clock: Clock) -> None:
    for _ in range(3):
        await sign_up(app, ANN.wire)
        clock.forward(days=9)
        await forget_unconfirmed_signups(app)
    await sign_up(app, ANN.wire)
    assert len(await rows(app, Delivery)) == 3


async def test_who_left_and_did_not_confirm_a_new_sign_up_stays_one_who_left(
    app: App, clock: Clock
) -> None:
    await add_reader(app, EDITOR, ANN, confirmed=True)
    reader = (await show_reader(app, ANN)).id
    assert reader
    async with app.store.write() as session:
        await unsubscribe(session, reader, "weekly", source="test", now=clock())
    await sign_up(app, ANN.wire)
    clock.forward(days=30)
    await forget_unconfirmed_signups(app)
    assert (await show_reader(app, ANN)).editions[0].state == "ended"


async def test_an_imported_reader_who_waits_for_consent_is_not_deleted(
    app: App, add_readers: AddReaders, clock: Clock
) -> None:
    [reader] = await add_readers(1)
    async with app.store.write() as session:
        await session.exec(update(Subscription).values(state="pending"))
    clock.forward(days=400)
    await forget_unconfirmed_signups(app)
    assert [row.subscriber_id for row in await rows(app, Subscription)] == [reader]
