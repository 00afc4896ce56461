"""A mailing's rows: whole, and one for each reader and address whatever the code believes."""

from datetime import datetime

import pytest
from sqlalchemy.exc import IntegrityError

from digest.delivery.tables import Delivery
from digest.store import Store
from tests.unit.delivery.conftest import MakeMailing, rows


@pytest.mark.parametrize(
    ("subscriber_id", "address"),
    [(1, "another@example.org"), (2, "reader1@example.org"), (None, "reader1@example.org")],
)
async def test_the_database_itself_keeps_a_mailing_to_one_row_for_each_reader_and_address(
    store: Store,
    make_mailing: MakeMailing,
    now: datetime,
    subscriber_id: int | None,
    address: str,
) -> None:
    mailing = await make_mailing(1)
    assert mailing.id is not None
    second = Delivery(
        mailing_id=mailing.id,
        subscriber_id=subscriber_id,
        address=address,
        updated_at=now,
    )
    with pytest.raises(IntegrityError, match=r"(?i)unique"):
        async with store.write() as session:
            session.add(second)
    assert len(await rows(store)) == 1
