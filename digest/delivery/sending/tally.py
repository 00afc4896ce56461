"""What relays answered since this process started, counted for `/metrics`.

Every key is from a bounded set, so that a strange relay or a list full of odd
domains cannot make the counts grow without end. None of them is about a reader.
"""

from collections import Counter
from dataclasses import dataclass, field

from digest.delivery.ports import Reply
from digest.delivery.states import Route

OTHER = "other"
MOST_CODES = 100
# Where most private readers are: the mailbox providers whose refusals come in waves.
DOMAINS = frozenset(
    {
        "aol.com",
        "gmail.com",
        "gmx.de",
        "gmx.net",
        "googlemail.com",
        "hotmail.com",
        "icloud.com",
        "live.com",
        "msn.com",
        "outlook.com",
        "proton.me",
        "web.de",
        "yahoo.com",
    }
)


@dataclass
class Tally:
    """Replies that decided a try, and relays in trouble. Counts only grow.

    `accepted` counts the 2xx among them.
    `replies` by (route, class such as "5xx", enhanced code or ""), `domains` by
    (recipient's domain or "other", class), `troubles` by route.
    """

    replies: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    domains: Counter[tuple[str, str]] = field(default_factory=Counter)
    troubles: Counter[str] = field(default_factory=Counter)
    accepted: int = 0

    def note(self, route: Route, domain: str, reply: Reply) -> None:
        """Count one reply to RCPT, DATA or the dot for a recipient at `domain`."""
        kind = f"{reply.code // 100}xx"
        key = (str(route), kind, reply.enhanced or "")
        if key not in self.replies and len(self.replies) >= MOST_CODES:
            key = (str(route), kind, OTHER)
        self.replies[key] += 1
        self.accepted += kind == "2xx"
        self.domains[domain if domain in DOMAINS else OTHER, kind] += 1

    def trouble(self, route: Route) -> None:
        """Count one case of a relay that could not be used at all."""
        self.troubles[str(route)] += 1
