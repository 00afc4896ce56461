"""`digest relays`: the limits of each relay, and what it has taken."""

from digest.cli.runtime import JsonFlag, console, print_json, run
from digest.services.relays import DomainOverview, RelayOverview, list_relays


def relays(as_json: JsonFlag = False) -> None:
    """List the relays with their limits, what they have taken, and how they are doing."""
    found = run(list_relays)
    if as_json:
        print_json(found)
    elif not found:
        console.print(
            "No relay is set: confirmations and notices go to the desk's inbox, issues nowhere."
        )
    else:
        for relay in found:
            console.print("\n".join(in_words(relay)))


def in_words(relay: RelayOverview) -> list[str]:
    """A relay on a few short lines."""
    reason = f": {relay.reason}" if relay.reason else ""
    today = _used(relay.used_today, relay.allowed_today, "today")
    return [
        f"{relay.name}  {relay.address}, weight {relay.weight}, {relay.state}{reason}",
        "  " + " · ".join([*_limits(relay), *today]),
        *(
            f"  to {domain}: " + (" · ".join(_limits(limits)) or "no limits")
            for domain, limits in relay.domains.items()
        ),
    ]


def _limits(limited: RelayOverview | DomainOverview) -> list[str]:
    connections, rate = limited.connections, limited.per_second
    return [
        *([f"{connections} connection{'s' * (connections > 1)}"] if connections else []),
        *([f"{rate:,g} a second"] if rate else []),
        *_used(limited.used_this_hour, limited.per_hour, "this hour"),
    ]


def _used(used: int | None, limit: int | None, when: str) -> list[str]:
    return [] if used is None or limit is None else [f"{used:,} of {limit:,} {when}"]
