"""The outcome that a reply leads to, and the time until the next try.

Sources: RFC 5321 section 4.2 and RFC 3463. `docs/delivery.md` has the table.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from digest.delivery.ports import Reply
from digest.delivery.states import DeliveryState

# The mailbox or its domain does not exist, so no mail will ever arrive (RFC 3463, RFC 7505).
# 5.7.x is absent on purpose: policy is about the sender, and never a reason to drop a reader.
DEAD_ADDRESS = frozenset({"5.1.1", "5.1.2", "5.1.6", "5.1.10"})

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
RETRY_AFTER = (5 * MINUTE, 15 * MINUTE, 45 * MINUTE, 2 * HOUR, 4 * HOUR)
THEN_EVERY = 8 * HOUR
JITTER = 0.2


@dataclass(frozen=True)
class Outcome:
    """The result of one try: the delivery's next state, and why.

    `charged`: the try counts towards the reader's retry schedule. `dead_address`: the
    address is to be suppressed. `reply` is the relay's, if it gave one.
    """

    state: DeliveryState
    reason: str | None = None
    charged: bool = True
    dead_address: bool = False
    reply: Reply | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.reason is not None:
            object.__setattr__(self, "reason", printable(self.reason))


def printable(text: str) -> str:
    """Foreign text, such as a relay's reply, made safe for any database and log."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def outcome_of(reply: Reply) -> Outcome:
    """The outcome for a reply to RCPT, DATA or the dot."""
    if 200 <= reply.code < 300:
        return Outcome(DeliveryState.ACCEPTED, str(reply), reply=reply)
    if 500 <= reply.code < 600:
        dead = reply.enhanced in DEAD_ADDRESS
        return Outcome(DeliveryState.REJECTED, str(reply), dead_address=dead, reply=reply)
    return Outcome(DeliveryState.DEFERRED, str(reply), reply=reply)


def retry_delay(attempts: int, chance: float) -> timedelta:
    """The wait after try number `attempts`, from 1; `chance` in [0, 1) spreads it by ±20 %."""
    steps = len(RETRY_AFTER)
    base = RETRY_AFTER[attempts - 1] if attempts <= steps else THEN_EVERY
    return base * (1 + JITTER * (2 * chance - 1))
