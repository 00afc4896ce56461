"""Who acts, and through what: every act of a service takes an `Actor`.

Its text is what the consent log, a suppression or an approval keeps as its source.
"""

from dataclasses import dataclass
from enum import StrEnum


class Channel(StrEnum):
    """What somebody acts through."""

    COMMAND_LINE = "command line"
    HOME_FORM = "web form, home page"
    COMPARISON_FORM = "web form, comparison page"
    UNSUBSCRIBE_PAGE = "web page"
    ONE_CLICK = "one-click"
    PREFERENCES_PAGE = "preferences page"
    EXPIRED_LINK = "expired link"
    ENGINE = "engine"


@dataclass(frozen=True)
class Actor:
    """Somebody who acts. `name` is None for a reader, whom the act itself names."""

    channel: Channel
    name: str | None = None

    def __str__(self) -> str:
        """'command line, ann', or 'one-click' for a reader."""
        return f"{self.channel}, {self.name}" if self.name else str(self.channel)


ENGINE = Actor(Channel.ENGINE, "the edition's automatic approval")
