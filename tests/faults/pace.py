"""Production's waits, shortened: the promise does not depend on their lengths.

Only this module knows their names. Production has no switch for tests.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import structlog

from digest.cli import follow_mailing
from digest.databases import sqlite
from digest.delivery.ledger import recovery
from digest.delivery.ledger.access import LEASE
from digest.delivery.sending import worker
from digest.delivery.sending.timing import Timing


@dataclass(frozen=True)
class Pace:
    """Seconds. None: as in production."""

    poll: float = 0.05
    tidy: float = 0.2
    back_off: float = 0.2
    retry_unknown: float = 0.2
    lease: float | None = None
    busy: float | None = None

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Run the block at this pace, and log critical lines only."""
        before = structlog.get_config()
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
        try:
            with ExitStack() as stack:
                for module, name, value in self._waits():
                    stack.enter_context(patch.object(module, name, value))
                yield
        finally:
            structlog.configure(**before)

    def _waits(self) -> Iterator[tuple[Any, str, object]]:
        lease = LEASE if self.lease is None else timedelta(seconds=self.lease)
        timing = Timing(
            self.poll, self.tidy, retry=self.poll, back_off=(self.back_off,), lease=lease
        )
        yield worker, "PRODUCTION", timing
        yield follow_mailing, "LOOK_SECONDS", self.poll
        yield recovery, "RETRY_UNKNOWN_AFTER", timedelta(seconds=self.retry_unknown)
        if self.busy is not None:
            yield sqlite, "BUSY_TIMEOUT_MS", round(self.busy * 1000)
