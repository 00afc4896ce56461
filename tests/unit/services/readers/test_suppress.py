"""Suppressing an address, and lifting that again."""

import pytest

from digest.app import App
from digest.errors import Refused
from digest.services.readers.add import add_reader
from digest.services.readers.suppress import EditorReason, lift_suppression, suppress_address
from subscribers.address import EmailAddress
from subscribers.suppression import LIFTED_BY_EDITOR
from tests.readers import EDITOR, erase

ANN = EmailAddress.parse("ann@example.org")


@pytest.fixture
def database() -> str:
    """The rules are tested on both databases in `tests/unit/subscribers`."""
    return "sqlite"


def test_an_editor_may_set_exactly_what_an_editor_may_lift() -> None:
    assert {reason.value for reason in EditorReason} == {str(each) for each in LIFTED_BY_EDITOR}


@pytest.mark.parametrize("reason", list(EditorReason))
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
