"""Production's waits, shortened: the promise does not rest on them.

The only place that knows their names. Production has no switch for tests.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import structlog

from digest.cli import progress
from digest.databases import sqlite
from digest.delivery.ledger import access as ledger
from digest.delivery.ledger import recovery, writer
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
        """All inside goes at this pace, and logs critical lines only."""
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
        timing = Timing(self.poll, self.tidy, retry=self.poll, back_off=(self.back_off,))
        yield worker, "PRODUCTION", timing
        for module in (ledger, writer):
            yield module, "RETRY_SECONDS", self.poll
        yield progress, "LOOK_SECONDS", self.poll
        yield recovery, "RETRY_UNKNOWN_AFTER", timedelta(seconds=self.retry_unknown)
        if self.lease is not None:
            yield ledger, "LEASE", timedelta(seconds=self.lease)
        if self.busy is not None:
            yield sqlite, "BUSY_TIMEOUT_MS", round(self.busy * 1000)
