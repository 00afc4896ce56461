"""How often one network may ask for a confirmation mail."""

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from subscribers.networks import networks_of

SIGNUPS = "30/hour"
# Of an IPv6 /64, /56 and /48: what is larger may ask more often, but not as often as all in it.
SHARES = (1, 2, 4)
UNKNOWN = ("unknown",)
ONCE_AN_HOUR = parse("1/hour")


class SignupLimit:
    """A moving window per IPv4 address, or IPv6 /64, /56 and /48, in the memory of one process.

    The caps on confirmation mail are in the database (`subscribers.caps`); this limit only
    keeps a single machine from trying long lists.
    """

    def __init__(self, rate: str = SIGNUPS) -> None:
        rule = parse(rate)
        self._rules = [type(rule)(rule.amount * share, rule.multiples) for share in SHARES]
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def allows(self, ip: str | None) -> bool:
        """Count one request; False, and nothing is counted, if it exceeds a rate."""
        limits = list(zip(self._rules, networks_of(ip) or UNKNOWN, strict=False))
        if not all(self._limiter.test(rule, "signup", name) for rule, name in limits):
            return False
        for rule, name in limits:
            self._limiter.hit(rule, "signup", name)
        return True

    def is_news(self, what: str, ip: str | None) -> bool:
        """Whether this is the first refusal of its kind to a network within the hour."""
        network = (networks_of(ip) or UNKNOWN)[-1]
        return self._limiter.hit(ONCE_AN_HOUR, what, network)
