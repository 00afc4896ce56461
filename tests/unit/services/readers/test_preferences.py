"""Using the link of a mail also proves that the mail arrived."""

from collections.abc import Awaitable, Callable

import pytest
from sqlmodel import col, select, update

from digest.app import App
from digest.delivery.states import DeliveryState, MailingKind
from digest.delivery.tables import Delivery, Mailing
from digest.services.actor import Actor, Channel
from digest.services.issues.approve import approve_issue
from digest.services.issues.compose import compose_issue
from digest.services.readers import confirming, preferences
from digest.services.sending import start
from subscribers.links import preferences_token, unsubscribe_token
from subscribers.signup import raw_token
from subscribers.tables import ConfirmationToken
from tests.readers import EDITOR, sign_up

AddReaders = Callable[[int], Awaitable[list[int]]]
AddNews = Callable[..., Awaitable[None]]


async def in_doubt(app: App, kind: MailingKind) -> None:
    """Every delivery of a kind was armed, and no reply came."""
    of_kind = select(Mailing.id).where(col(Mailing.kind) == kind)
    async with app.store.write() as session:
        await session.exec(
            update(Delivery)
            .where(col(Delivery.mailing_id).in_(of_kind))
            .values(state=DeliveryState.UNKNOWN, unknowns=1, wire_date=app.clock())
        )


async def deliveries(app: App) -> list[Delivery]:
    async with app.store.read() as session:
        return list(await session.exec(select(Delivery).order_by(col(Delivery.id))))


@pytest.fixture
async def readers(app: App, add_readers: AddReaders, add_news: AddNews) -> list[int]:
    """Two readers whose copies of an issue are in doubt."""
    ids = await add_readers(2)
    await add_news(("Alpha", "Beta"))
    await compose_issue(app, EDITOR, "weekly")
    await approve_issue(app, EDITOR, 1)
    await start.send_issue(app, EDITOR, 1)
    await in_doubt(app, MailingKind.ISSUE)
    return ids


async def test_unsubscribing_proves_that_the_copy_arrived(app: App, readers: list[int]) -> None:
    token = unsubscribe_token(app.keyring, readers[0], "weekly")
    await preferences.unsubscribe(app, Actor(Channel.ONE_CLICK), token)
    await preferences.unsubscribe(app, Actor(Channel.ONE_CLICK), token)
    first, second = await deliveries(app)
    assert (first.state, first.reason) == (
        DeliveryState.ACCEPTED,
        "unknown, then unsubscribed by one-click",
    )
    assert second.state == DeliveryState.UNKNOWN


async def test_opening_the_link_proves_nothing_since_scanners_open_it_too(
    app: App, readers: list[int]
) -> None:
    await preferences.read_unsubscribe(app, unsubscribe_token(app.keyring, readers[0], "weekly"))
    assert {row.state for row in await deliveries(app)} == {DeliveryState.UNKNOWN}


async def test_the_preferences_link_proves_nothing_since_it_is_in_older_mails_too(
    app: App, readers: list[int]
) -> None:
    token = preferences_token(app.keyring, readers[0])
    await preferences.save_preferences(app, Actor(Channel.PREFERENCES_PAGE), token, {"weekly"})
    assert {row.state for row in await deliveries(app)} == {DeliveryState.UNKNOWN}


async def test_confirming_proves_that_the_confirmation_mail_arrived(app: App) -> None:
    await sign_up(app, "ada@example.org")
    await in_doubt(app, MailingKind.CONFIRMATION)
    async with app.store.read() as session:
        token = (await session.exec(select(ConfirmationToken))).one()
    await confirming.confirm_signup(
        app, Actor(Channel.CONFIRMATION_LINK), raw_token(app.keyring, token)
    )
    [delivery] = await deliveries(app)
    assert (delivery.state, delivery.reason) == (
        DeliveryState.ACCEPTED,
        "unknown, then confirmed by its link",
    )
