"""Signing up and confirming."""

from dataclasses import replace

import pytest
from sqlmodel import select

from digest.app import App
from digest.delivery.states import MailingKind
from digest.delivery.tables import Delivery, Mailing
from digest.services.actor import Actor, Channel
from digest.services.readers.show import show_reader
from digest.services.readers.signup import (
    confirm_signup,
    read_confirmation,
    renew_confirmation,
    request_signup,
)
from schedules.errors import ScheduleError
from subscribers.address import EmailAddress
from subscribers.errors import LinkInvalid
from subscribers.signup import raw_token
from subscribers.states import LinkState
from subscribers.tables import ConfirmationToken
from tests.readers import sign_up
from tests.unit.services.conftest import Clock

ANN = EmailAddress.parse("ann@example.org")
FORM = Actor(Channel.HOME_FORM)
LINK = Actor(Channel.CONFIRMATION_LINK)


@pytest.fixture
def database() -> str:
    """The rules are tested on both databases in `tests/unit/subscribers`."""
    return "sqlite"


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
    assert link.model_dump(mode="json") == {
        "address_masked": "a…@example.org",
        "edition_name": "Weekly AI Tool Verdicts",
        "state": LinkState.OPEN,
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
    await confirm_signup(app, LINK, await newest_link(app), ip="192.0.2.8")
    kept = [entry.ip for entry in (await show_reader(app, ANN)).consent]
    assert kept == (["192.0.2.7", "192.0.2.8"] if keep_ip else [None, None])


async def test_each_step_is_logged_with_its_source(app: App, clock: Clock) -> None:
    await sign_up(app, ANN.wire)
    clock.forward(days=3)
    await renew_confirmation(app, Actor(Channel.EXPIRED_LINK), await newest_link(app))
    await confirm_signup(app, LINK, await newest_link(app))
    assert [entry.source for entry in (await show_reader(app, ANN)).consent] == [
        "web form, home page",
        "expired link",
        "confirmation link",
    ]


async def test_an_invented_link_cannot_be_renewed(app: App) -> None:
    with pytest.raises(LinkInvalid):
        await renew_confirmation(app, Actor(Channel.EXPIRED_LINK), "0" * 40)
