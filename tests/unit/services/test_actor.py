"""Who acts: the text that is stored as the source of an act."""

import pytest

from digest.services.actor import Actor, Channel


@pytest.mark.parametrize(
    ("channel", "stored"),
    [
        (Channel.COMMAND_LINE, "command line"),
        (Channel.HOME_FORM, "web form, home page"),
        (Channel.COMPARISON_FORM, "web form, comparison page"),
        (Channel.CONFIRMATION_LINK, "confirmation link"),
        (Channel.EXPIRED_LINK, "expired link"),
        (Channel.UNSUBSCRIBE_PAGE, "web page"),
        (Channel.ONE_CLICK, "one-click"),
        (Channel.PREFERENCES_PAGE, "preferences page"),
        (Channel.ENGINE, "engine"),
    ],
)
def test_older_rows_hold_the_same_text_for_a_channel(channel: Channel, stored: str) -> None:
    assert str(Actor(channel)) == stored


def test_a_named_actor_is_stored_with_the_name() -> None:
    assert str(Actor(Channel.COMMAND_LINE, "ann")) == "command line, ann"
