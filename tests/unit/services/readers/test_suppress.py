"""Suppressing an address, and lifting that again."""

from pathlib import Path

import pytest

from digest.app import App
from digest.errors import Refused
from digest.services.readers.add import add_reader
from digest.services.readers.show import show_reader
from digest.services.readers.suppress import EditorReason, lift_suppression, suppress_address
from digest.services.readers.suppress_file import suppress_file
from subscribers import asking, signup
from subscribers.address import EmailAddress
from subscribers.consent import WORDING
from subscribers.suppression import LIFTED_BY_EDITOR
from tests.readers import EDITOR, erase

ANN = EmailAddress.parse("ann@example.org")


@pytest.fixture
def database() -> str:
    """The rules are tested on both databases in `tests/unit/subscribers`."""
    return "sqlite"


LIFTABLE = [reason for reason in EditorReason if reason != EditorReason.UNSUBSCRIBE]


def test_an_editor_may_lift_what_an_editor_may_set_but_an_unsubscribe() -> None:
    assert {reason.value for reason in LIFTABLE} == {str(each) for each in LIFTED_BY_EDITOR}


@pytest.mark.parametrize("reason", LIFTABLE)
async def test_an_unknown_address_is_suppressed_and_lifted(app: App, reason: EditorReason) -> None:
    status = await suppress_address(app, EDITOR, ANN, reason)
    assert status.model_dump(mode="json") == {
        "address": "ann@example.org",
        "suppressed": [reason.value],
    }
    assert (await lift_suppression(app, EDITOR, ANN)).suppressed == ()
    with pytest.raises(Refused, match="is not suppressed"):
        await lift_suppression(app, EDITOR, ANN)


async def test_all_reasons_in_force_are_listed(app: App) -> None:
    await suppress_address(app, EDITOR, ANN, EditorReason.MANUAL)
    status = await suppress_address(app, EDITOR, ANN, EditorReason.BOUNCE)
    assert status.suppressed == ("bounce", "manual")


async def test_what_the_reader_requested_is_not_lifted_by_an_editor(app: App) -> None:
    await add_reader(app, EDITOR, ANN, confirmed=True)
    await erase(app, ANN.wire)
    with pytest.raises(Refused, match="at the reader's own request"):
        await lift_suppression(app, EDITOR, ANN)


async def test_an_unsubscribe_that_an_editor_heard_of_ends_all_and_only_the_reader_lifts_it(
    app: App,
) -> None:
    await add_reader(app, EDITOR, ANN, confirmed=True)
    await suppress_address(app, EDITOR, ANN, EditorReason.UNSUBSCRIBE)
    details = await show_reader(app, ANN)
    assert [item.state for item in details.editions] == ["ended"]
    with pytest.raises(Refused, match="at the reader's own request"):
        await lift_suppression(app, EDITOR, ANN)
    with pytest.raises(Refused, match="unsubscribed"):
        await add_reader(app, EDITOR, ANN, confirmed=True)
    await confirm_again(app)
    assert (await show_reader(app, ANN)).suppressed == ()


async def confirm_again(app: App) -> None:
    """Sign up and follow the link."""
    async with app.store.write() as session:
        requested = await asking.request(
            session,
            app.keyring,
            ANN,
            "weekly",
            source="test",
            wording=WORDING,
            ip=None,
            now=app.clock(),
        )
        assert requested.token is not None
        raw = signup.raw_token(app.keyring, requested.token)
        await signup.confirm(session, raw, now=app.clock(), ip=None)


@pytest.mark.parametrize("reason", list(EditorReason))
async def test_all_addresses_of_a_file_are_suppressed_whatever_its_columns_say(
    app: App, tmp_path: Path, reason: EditorReason
) -> None:
    path = tmp_path / "left.csv"
    path.write_text("email,status\nann@example.org,active\nbob@example.org,?\nnobody,\n")
    await add_reader(app, EDITOR, ANN, confirmed=True)
    planned = await suppress_file(app, EDITOR, path, reason, dry_run=True)
    assert (await show_reader(app, ANN)).suppressed == ()
    done = await suppress_file(app, EDITOR, path, reason)
    assert planned.model_copy(update={"dry_run": False}) == done
    assert (done.suppressed, done.already, done.rejected) == (2, 0, 1)
    for text in ("ann@example.org", "bob@example.org"):
        details = await show_reader(app, EmailAddress.parse(text))
        assert [entry.reason for entry in details.suppressed] == [reason]
    again = await suppress_file(app, EDITOR, path, reason)
    assert (again.suppressed, again.already) == (0, 2)
