"""How often one network address may ask for a confirmation mail."""

from ipaddress import ip_address, ip_network

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

SIGNUPS = "30/hour"
IPV6_SITE_BITS = 64  # one household or server usually holds a whole /64


class SignupLimit:
    """A moving window per IPv4 address or IPv6 /64, kept in memory by one process.

    The caps on confirmation mail are in the database (`subscribers.caps`); this limit only
    keeps a single machine from trying long lists.
    """

    def __init__(self, rate: str = SIGNUPS) -> None:
        self._rate = parse(rate)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def allows(self, ip: str | None) -> bool:
        """Count one request; False if it exceeds the rate."""
        return self._limiter.hit(self._rate, "signup", _origin(ip))


def _origin(ip: str | None) -> str:
    try:
        address = ip_address(ip or "")
    except ValueError:
        return "unknown"
    if address.version == 4:
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ip_network((address.packed, IPV6_SITE_BITS), strict=False))
