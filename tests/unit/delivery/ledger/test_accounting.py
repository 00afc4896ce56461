"""Every delivery is in exactly one term of the equation that reports show."""

from datetime import datetime

import pytest
from sqlmodel import col, update

from digest.delivery.ledger.accounting import Accounting, account
from digest.delivery.states import DeliveryState
from digest.delivery.tables import Delivery
from digest.store import Store
from tests.unit.delivery.conftest import MakeMailing

OPEN = {"pending", "claimed", "armed", "deferred", "unknown"}
ENDED = {"accepted", "rejected", "skipped", "expired", "held"}


async def counted(store: Store, mailing_id: int) -> Accounting:
    async with store.read() as session:
        return await account(session, mailing_id)


def test_the_documented_terms_are_all_the_states_there_are() -> None:
    assert {str(state) for state in DeliveryState} == OPEN | ENDED


@pytest.mark.parametrize("state", DeliveryState)
async def test_a_state_counts_in_one_term_only(
    store: Store, make_mailing: MakeMailing, state: DeliveryState
) -> None:
    mailing = await make_mailing(2)
    assert mailing.id is not None
    async with store.write() as session:
        await session.exec(update(Delivery).values(state=state))
    counts = await counted(store, mailing.id)
    terms = {name: getattr(counts, name) for name in (*sorted(ENDED), "open")}
    expected = "open" if state in OPEN else str(state)
    assert terms == {name: 2 if name == expected else 0 for name in terms}
    assert counts.recipients == 2
    assert counts.balances


async def test_what_is_in_flight_doubtful_or_put_off_is_shown_apart(
    store: Store, make_mailing: MakeMailing
) -> None:
    mailing = await make_mailing(5)
    assert mailing.id is not None
    states = ["claimed", "armed", "unknown", "deferred", "accepted"]
    async with store.write() as session:
        for number, state in enumerate(states, 1):
            await session.exec(
                update(Delivery)
                .where(col(Delivery.id) == number)
                .values(state=state, unknowns=int(state in ("unknown", "accepted")))
            )
    counts = await counted(store, mailing.id)
    assert (counts.in_flight, counts.unknown, counts.deferred) == (1, 1, 1)
    assert counts.ever_unknown == 2


async def test_the_deliveries_of_another_mailing_are_not_counted(
    store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    mailing = await make_mailing(1)
    assert mailing.id is not None
    counts = await counted(store, mailing.id + 1)
    assert counts.recipients == counts.open == 0
    assert counts.balances


def test_the_equation_shows_accepted_and_open_always_and_other_terms_if_there_are_any() -> None:
    terms = dict.fromkeys(Accounting.model_fields, 0)
    nobody = Accounting(**terms)
    assert nobody.equation() == "0 recipients = 0 accepted + 0 open"
    some = Accounting(**{**terms, "recipients": 1003, "accepted": 1000, "rejected": 2, "held": 1})
    assert some.equation() == "1,003 recipients = 1,000 accepted + 2 rejected + 1 held + 0 open"


def test_an_equation_with_somebody_missing_does_not_balance() -> None:
    terms = dict.fromkeys(Accounting.model_fields, 0)
    assert not Accounting(**{**terms, "recipients": 2, "accepted": 1}).balances
