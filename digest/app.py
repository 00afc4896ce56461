"""What a running installation consists of; built by `bootstrap`, taken by flows, CLI and web."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from digest.settings import Settings
from digest.store import Store
from digest.uptime import Uptime, uptime_now
from subscribers.keys import Keyring


def utc_now() -> datetime:
    """The one clock of production; tests pass their own."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class App:
    """Settings, store, keys and clock, opened together.

    `uptime` tells whether a clock that went ahead was right to. `relay_elsewhere` tells
    whether another process that lives has a relay, so that mail need not wait for ours.
    """

    settings: Settings
    store: Store
    keyring: Keyring
    clock: Callable[[], datetime] = utc_now
    uptime: Callable[[], Uptime] = uptime_now
    relay_elsewhere: Callable[[], bool] = lambda: False
