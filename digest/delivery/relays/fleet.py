"""All relays together: which of them takes the next message to a domain, or how long to wait.

Shares follow the weights by stride scheduling (Waldspurger and Weihl, 1995): each
relay's `passed` grows by 1/weight with each message, and the one that is furthest
behind goes next. A relay that is out, or at one of its limits, loses its turns to
the others and starts again beside them. One that is only busy is waited for, but
not long: a slow relay must not hold up a fast one.

Pure and synchronous: `now` is seconds of a monotonic clock. The worker calls
`choose` for each message, and then exactly one of its ticket's `done` and `returned`.
"""

from collections.abc import Iterable

from digest.delivery.relays.config import RelayConfig
from digest.delivery.relays.flow import Flow
from digest.delivery.relays.member import Member
from digest.delivery.relays.standing import Standing, standing_of
from digest.delivery.relays.stock import Grant, Need, Unused
from digest.delivery.relays.ticket import Ticket, Wait

PATIENCE_SECONDS = 0.02
LONGEST_DEFERRAL = 3600.0
MOST_HORIZONS = 1000


class Fleet:
    """The relays of one route in one worker.

    `per_connection`: how many messages a connection has in hand at a time, 1 unless
    it works ahead.
    """

    def __init__(self, relays: Iterable[RelayConfig], per_connection: int = 1) -> None:
        self.members = [Member(config, per_connection) for config in relays]
        self._by_name = {member.name: member for member in self.members}
        regular = [member for member in self.members if member.config.weight]
        standby = [member for member in self.members if not member.config.weight]
        self._tiers = [tier for tier in (regular, standby) if tier]
        self._passed = 0.0
        self._horizon: dict[str, float] = {}
        self._told = {member.name: standing_of(member, 0.0) for member in self.members}

    def choose(self, domain: str, now: float) -> Ticket | Wait:
        """A ticket for the next message to `domain` (A-labels, lower case), or how long to wait."""
        answer = self._among(self._tiers[0], domain, now)
        for tier, above in zip(self._tiers[1:], self._tiers, strict=False):
            if isinstance(answer, Ticket) or not all(member.down(now) for member in above):
                break
            answer = _sooner(answer, self._among(tier, domain, now))
        return answer

    def _among(self, tier: list[Member], domain: str, now: float) -> Ticket | Wait:
        """The one of these that is furthest behind its share, of those that may; or how long."""
        best: tuple[Member, Flow] | None = None
        behind = owed = soonest = float("inf")
        domain_only = False
        for member in tier:
            if member.passed < self._passed:  # lost its turns while it could not
                member.passed = self._passed
            flow = member.flows.get(domain) or member.meet(domain, now)
            wait = member.wait(now)
            flow_wait = flow.wait(now)
            if not wait and not flow_wait:
                if member.passed < behind:
                    best, behind = (member, flow), member.passed
                continue
            soonest = min(soonest, max(wait, flow_wait))
            domain_only = domain_only or not wait
            if not flow_wait and member.busy_only(now, PATIENCE_SECONDS):
                owed = min(owed, member.passed)
        if best is None:
            return Wait(soonest, domain_only)
        if owed < behind:
            return Wait(PATIENCE_SECONDS, domain_only=False)
        self._passed = behind
        return Ticket(*best, now)

    def trouble(self, relay: Member, now: float, reason: str, *, refused: bool = False) -> None:
        """The relay itself failed; `refused`: not with these settings, so a person must act.

        All its connections back off together; then one message probes it.
        """
        relay.health.failed(now, reason, refused=refused)

    def all_refused(self) -> str | None:
        """Why no relay is left that would work with these settings; None while there is one."""
        if not self.members or not all(member.health.refused for member in self.members):
            return None
        return "; ".join(f"{member.name}: {member.health.reason}" for member in self.members)

    def interval(self, domain: str, now: float) -> float:
        """Seconds from one message to a domain to the next, as limits and replies allow."""
        return 1 / sum(1 / member.interval(domain, now) for member in self.members)

    def defer_for(self, domain: str, wait: float, ahead: int, now: float) -> float:
        """After how many seconds a message may go that cannot be set aside any more.

        Each gets a later place, as fast as the domain's limits let them go, so that it is
        put off once and not again and again. `wait` is that of `choose`; `ahead`: how many
        are set aside before it. At most an hour.
        """
        interval = self.interval(domain, now)
        if len(self._horizon) > MOST_HORIZONS:
            self._horizon = {d: at for d, at in self._horizon.items() if at > now}
        at = max(self._horizon.get(domain, 0.0), now + wait + ahead * interval) + interval
        self._horizon[domain] = at
        seconds = at - now
        if seconds <= LONGEST_DEFERRAL:
            return seconds
        return LONGEST_DEFERRAL / 2 + seconds % (LONGEST_DEFERRAL / 2)

    def needs(self, now: float) -> list[Need]:
        """What to reserve of quotas before more can go; empty for relays without quotas."""
        return [
            Need(member.config, domain, units)
            for member in self.members
            for domain, stock in member.stocks()
            if (units := stock.needed(now))
        ]

    def refill(self, grants: Iterable[Grant], now: float) -> None:
        """Take in what was reserved, once it is committed; `now` is from before it was."""
        for grant in grants:
            self._by_name[grant.relay].refill(grant, now)

    def unused(self, now: float, *, everything: bool = False) -> list[Unused]:
        """Take out what ended unused, or when the worker idles or stops `everything`."""
        return [
            Unused(member.config, domain, *left)
            for member in self.members
            for domain, stock in member.stocks()
            if (left := stock.empty(now, only_ended=not everything))
        ]

    def shared_by(self, workers: int) -> None:
        """So many workers are alive: each takes its part of the rates per second."""
        for member in self.members:
            member.shared_by(max(1, workers))

    def standings(self, now: float) -> list[Standing]:
        """How each relay is doing."""
        return [standing_of(member, now) for member in self.members]

    def news(self, now: float) -> list[Standing]:
        """The standings that have changed since they were last asked for here."""
        told = [
            standing
            for standing in self.standings(now)
            if standing.gist != self._told[standing.relay].gist
        ]
        self._told.update((standing.relay, standing) for standing in told)
        return told


def _sooner(first: Wait, second: Ticket | Wait) -> Ticket | Wait:
    if isinstance(second, Ticket):
        return second
    return Wait(min(first.seconds, second.seconds), first.domain_only or second.domain_only)
