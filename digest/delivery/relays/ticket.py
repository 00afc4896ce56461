"""The fleet's two answers: a ticket for one message, or how long to wait."""

from dataclasses import dataclass

from digest.delivery.ports import Reply
from digest.delivery.relays.flow import Flow
from digest.delivery.relays.member import Member


class Ticket:
    """Leave to hand one message to `relay` now; it has its place and its units until it ends."""

    __slots__ = ("_flow", "relay", "started")

    def __init__(self, relay: Member, flow: Flow, now: float) -> None:
        self.relay, self._flow, self.started = relay, flow, now
        relay.take(flow, now)

    def done(self, now: float, reply: Reply | None) -> None:
        """The message is over: it was answered, with whatever; None: nobody knows."""
        self.relay.replied(self._flow, now, now - self.started, reply)

    def returned(self, now: float) -> None:
        """The message was not sent: its place and its units go back."""
        self.relay.give_back(self._flow, now)


@dataclass(frozen=True, slots=True)
class Wait:
    """No relay may take it for so many `seconds`.

    `domain_only`: others may go; set this one aside. Else nothing can go now: ask
    again after a message ended, or after `seconds` at the latest.
    """

    seconds: float
    domain_only: bool
