"""Who acts, and through what: every service that changes something takes an `Actor`.

The text of an actor is what the consent log, a suppression or an approval keeps as its
source, so the values of `Channel` must not change.
"""

from dataclasses import dataclass
from enum import StrEnum


class Channel(StrEnum):
    """The way in through which somebody acts."""

    COMMAND_LINE = "command line"
    HOME_FORM = "web form, home page"
    COMPARISON_FORM = "web form, comparison page"
    CONFIRMATION_LINK = "confirmation link"
    EXPIRED_LINK = "expired link"
    UNSUBSCRIBE_PAGE = "web page"
    ONE_CLICK = "one-click"
    PREFERENCES_PAGE = "preferences page"
    ENGINE = "engine"


@dataclass(frozen=True)
class Actor:
    """Somebody who acts. `name` is None for a reader, who is known from the act itself."""

    channel: Channel
    name: str | None = None

    def __str__(self) -> str:
        """'command line, ann', or 'one-click' for a reader."""
        return f"{self.channel}, {self.name}" if self.name else str(self.channel)


ENGINE = Actor(Channel.ENGINE, "the edition's automatic approval")
