"""What a running installation consists of: built by `bootstrap`, passed to every service."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from digest.settings import Settings
from digest.store import Store
from digest.uptime import Uptime, uptime_now
from subscribers.keys import Keyring


def utc_now() -> datetime:
    """The clock in production; tests pass their own."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class App:
    """Settings, store, keys and clock, opened together.

    `uptime` shows whether time really passed when the clock jumped ahead. `relay_elsewhere`
    is True while another living process has a relay, so that mail need not wait for this one.
    """

    settings: Settings
    store: Store
    keyring: Keyring
    clock: Callable[[], datetime] = utc_now
    uptime: Callable[[], Uptime] = uptime_now
    relay_elsewhere: Callable[[], bool] = lambda: False
