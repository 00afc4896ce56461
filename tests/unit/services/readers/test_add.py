"""Adding one reader."""

import pytest
from sqlmodel import select

from digest.app import App
from digest.delivery.tables import Delivery
from digest.errors import Refused
from digest.services.readers.add import AddedReader, add_reader
from digest.services.readers.show import show_reader
from digest.services.readers.suppress import EditorReason, suppress_address
from schedules.editions import EditionChange, create_edition
from schedules.errors import ScheduleError
from subscribers.address import EmailAddress
from subscribers.asking import Outcome
from tests.readers import EDITOR, erase
from tests.unit.services.conftest import Clock

ANN = EmailAddress.parse("Ann@example.org")


@pytest.fixture
def database() -> str:
    """The rules are tested on both databases in `tests/unit/subscribers`."""
    return "sqlite"


async def mails(app: App) -> int:
    async with app.store.read() as session:
        return len((await session.exec(select(Delivery))).all())


async def test_without_consent_the_reader_is_mailed_a_link(app: App) -> None:
    added = await add_reader(app, EDITOR, ANN)
    assert added.model_dump(mode="json") == {
        "address": "Ann@example.org",
        "edition": "weekly",
        "state": "pending",
        "outcome": "mailed",
        "waits_for": None,
    }
    assert await mails(app) == 1


async def test_with_consent_given_elsewhere_the_reader_is_active_and_gets_no_mail(
    app: App,
) -> None:
    added = await add_reader(app, EDITOR, ANN, confirmed=True, source="fair, 3 May")
    assert added.state == "active"
    assert await mails(app) == 0
    [entry] = (await show_reader(app, ANN)).consent
    assert (entry.kind, entry.source) == ("imported", "fair, 3 May")


async def test_an_unknown_edition_stores_nothing(app: App) -> None:
    with pytest.raises(ScheduleError, match="no edition 'daily'"):
        await add_reader(app, EDITOR, ANN, "daily")
    assert await mails(app) == 0


async def test_where_mail_is_forbidden_nothing_is_stored_and_the_state_is_unknown(
    app: App,
) -> None:
    await suppress_address(app, EDITOR, ANN, EditorReason.COMPLAINT)
    assert await add_reader(app, EDITOR, ANN) == AddedReader(
        address=ANN.text, edition="weekly", state=None, outcome=Outcome.FORBIDDEN
    )
    with pytest.raises(Refused, match="was not added: the address is suppressed"):
        await add_reader(app, EDITOR, ANN, confirmed=True)


async def test_consent_given_elsewhere_does_not_bring_an_erased_reader_back(app: App) -> None:
    await add_reader(app, EDITOR, ANN, confirmed=True)
    await erase(app, ANN.wire)
    with pytest.raises(Refused, match="was not added: the address was erased"):
        await add_reader(app, EDITOR, ANN, confirmed=True)


async def test_a_second_edition_is_confirmed_by_the_first_mail(app: App, clock: Clock) -> None:
    async with app.store.write() as session:
        await create_edition(session, "monthly", EditionChange(), clock())
    await add_reader(app, EDITOR, ANN, "weekly")
    added = await add_reader(app, EDITOR, ANN, "monthly")
    assert (added.state, added.outcome) == ("pending", "covered")
    assert await mails(app) == 1


async def test_a_reader_whose_mail_waits_for_a_cap_is_known_to_the_command_that_shows_them(
    app: App,
) -> None:
    tagged = EmailAddress.parse("ann+x@example.org")
    await add_reader(app, EDITOR, ANN)
    added = await add_reader(app, EDITOR, tagged)
    assert (added.state, added.outcome, added.waits_for) == ("pending", "waits", "mailbox")
    [waiting] = (await show_reader(app, tagged)).waiting
    assert (waiting.edition, waiting.waits_for) == ("weekly", "mailbox")
    assert await mails(app) == 1
