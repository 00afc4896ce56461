"""The relays: each with its limits, what it has taken, and how it is doing."""

from datetime import datetime

from digest.app import App
from digest.delivery.relays.config import DomainLimits, RelayConfig
from digest.delivery.relays.config_file import relays_of
from digest.delivery.relays.quotas import Used, used_of
from digest.delivery.relays.status import read_statuses
from digest.delivery.relays.tables import QuotaWindow, StoredRelayStatus
from digest.services.result import Result

STANDBY, UP = "stands by", "up"


class DomainOverview(Result):
    """The limits towards one recipient domain; None means no limit, or not counted."""

    connections: int | None
    per_second: float | None
    per_hour: int | None
    used_this_hour: int | None


class RelayOverview(Result):
    """One relay. `allowed_today` respects the warm-up plan. Use is counted only where limited."""

    name: str
    address: str
    tls: str
    weight: int
    state: str
    reason: str | None
    retry_at: datetime | None
    since: datetime | None
    connections: int
    messages_per_connection: int | None
    per_second: float | None
    per_hour: int | None
    used_this_hour: int | None
    per_day: int | None
    allowed_today: int | None
    used_today: int | None
    each_domain: DomainLimits | None
    domains: dict[str, DomainOverview]


async def list_relays(app: App) -> list[RelayOverview]:
    """All relays, in the order of the configuration file. Raises `Misconfigured`."""
    now = app.clock()
    relays = relays_of(app.settings)
    async with app.store.read() as session:
        used = await used_of(session, now)
        states = await read_statuses(session)
    return [_overview(relay, used, states.get(relay.name), now) for relay in relays]


def _overview(
    relay: RelayConfig, used: Used, found: StoredRelayStatus | None, now: datetime
) -> RelayOverview:
    allowed = relay.allowed_on(now.date())
    usual = UP if relay.weight else STANDBY
    return RelayOverview(
        name=relay.name,
        address=str(relay.address),
        tls=str(relay.address.tls),
        weight=relay.weight,
        state=usual if found is None or found.state == UP else found.state,
        reason=found.reason if found else None,
        retry_at=found.retry_at if found else None,
        since=found.changed_at if found else None,
        connections=relay.connections,
        messages_per_connection=relay.messages_per_connection,
        per_second=relay.per_second,
        per_hour=relay.per_hour,
        used_this_hour=_counted(relay.per_hour, used, relay.name, "", QuotaWindow.HOUR),
        per_day=relay.per_day,
        allowed_today=allowed,
        used_today=_counted(allowed, used, relay.name, "", QuotaWindow.DAY),
        each_domain=relay.each_domain,
        domains={
            domain: DomainOverview(
                **limits.model_dump(),
                used_this_hour=_counted(
                    limits.per_hour, used, relay.name, domain, QuotaWindow.HOUR
                ),
            )
            for domain, limits in relay.domains.items()
        },
    )


def _counted(
    limit: int | None, used: Used, relay: str, domain: str, span: QuotaWindow
) -> int | None:
    return None if limit is None else used.get((relay, domain, span), 0)
