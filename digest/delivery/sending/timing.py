"""How long a worker waits, in one place, so that tests can run faster than production."""

from dataclasses import dataclass
from datetime import timedelta

from digest.delivery.ledger.access import LEASE
from digest.delivery.relays.health import BACK_OFF_SECONDS


@dataclass(frozen=True)
class Timing:
    """Seconds, but for `lease`.

    `poll`: at most so long until an idle lane looks for work. `tidy`: between two rounds
    of housekeeping. `retry`: before the next try on a busy database. `back_off`: after
    the first, second, … failure of a relay in a row. `lease`: of a claim.
    """

    poll: float = 1.0
    tidy: float = 5.0
    retry: float = 1.0
    back_off: tuple[float, ...] = BACK_OFF_SECONDS
    lease: timedelta = LEASE


PRODUCTION = Timing()
