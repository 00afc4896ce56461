"""The outcome that a reply leads to, and the time until the next try.

Source: RFC 5321 section 4.2. `docs/delivery.md` has the table.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta

from digest.delivery.ports import Reply
from digest.delivery.replies import ABOUT_RELAY, ReplyKind, Stage, classify
from digest.delivery.states import DeliveryState

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
RETRY_AFTER = (5 * MINUTE, 15 * MINUTE, 45 * MINUTE, 2 * HOUR, 4 * HOUR)
THEN_EVERY = 8 * HOUR
JITTER = 0.2
# After a refusal that was about the relay, while the relay works for others.
REFUSED_BY_RELAY_AFTER = 5 * MINUTE


@dataclass(frozen=True)
class Outcome:
    """The result of one try: the delivery's next state, and why.

    `charged`: the try counts towards the reader's retry schedule. `kind`: what a refusal is
    about. `wait`: the time to the next try, if not by that schedule. `reply` is the
    relay's, if it gave one.
    """

    state: DeliveryState
    reason: str | None = None
    charged: bool = True
    kind: ReplyKind | None = None
    wait: timedelta | None = None
    reply: Reply | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.reason is not None:
            object.__setattr__(self, "reason", printable(self.reason))

    @property
    def dead_address(self) -> bool:
        """Whether the address is to be suppressed: no mail will ever arrive there."""
        return self.state is DeliveryState.REJECTED and self.kind is ReplyKind.HARD


def printable(text: str) -> str:
    """Foreign text, such as a relay's reply, made safe for any database and log."""
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


def outcome_of(reply: Reply, stage: Stage | None = None) -> Outcome:
    """The outcome for a reply to RCPT, DATA or the dot.

    Only a refusal that is about the reader, or that nobody understands, is final. One about
    the relay is not even charged to the reader.
    """
    if 200 <= reply.code < 300:
        return Outcome(DeliveryState.ACCEPTED, str(reply), reply=reply)
    kind = classify(reply.code, reply.enhanced, reply.text, stage)
    if not 500 <= reply.code < 600:
        full = kind if kind is ReplyKind.FULL else None
        return Outcome(DeliveryState.DEFERRED, str(reply), kind=full, reply=reply)
    if kind in ABOUT_RELAY:
        wait, state = REFUSED_BY_RELAY_AFTER, DeliveryState.DEFERRED
        return Outcome(state, str(reply), charged=False, kind=kind, wait=wait, reply=reply)
    final = kind is not ReplyKind.CONTENT
    state = DeliveryState.REJECTED if final else DeliveryState.DEFERRED
    return Outcome(state, str(reply), kind=kind, reply=reply)


def final_for_test(outcome: Outcome) -> Outcome:
    """The outcome for a test mail: any 5xx is final, since an editor waits for the reply."""
    if outcome.reply is None or outcome.reply.code < 500:
        return outcome
    return replace(outcome, state=DeliveryState.REJECTED, charged=True, wait=None)


def retry_delay(attempts: int, chance: float) -> timedelta:
    """The wait after try number `attempts`, from 1; `chance` in [0, 1) spreads it by ±20 %."""
    steps = len(RETRY_AFTER)
    base = RETRY_AFTER[attempts - 1] if attempts <= steps else THEN_EVERY
    return base * (1 + JITTER * (2 * chance - 1))
