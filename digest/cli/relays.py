"""`digest relays`: what may go by which relay, and what has."""

from digest.cli.runtime import JsonFlag, console, print_json, run
from digest.services.sending.relays import DomainLine, RelayLine, relay_lines


def relays(as_json: JsonFlag = False) -> None:
    """The relays with their limits, what they have taken, and how they are doing."""
    lines = run(relay_lines)
    if as_json:
        print_json([line.model_dump(mode="json") for line in lines])
    elif not lines:
        console.print("No relay is set; letters go to the desk's inbox, issues nowhere.")
    for line in [] if as_json else lines:
        console.print("\n".join(in_words(line)))


def in_words(line: RelayLine) -> list[str]:
    """A relay on a few short lines."""
    why = f": {line.reason}" if line.reason else ""
    told = [
        f"{line.name}  {line.address}, weight {line.weight}, {line.state}{why}",
        "  " + " · ".join([*_limits(line), *_of(line.used_today, line.allowed_today, "today")]),
    ]
    for domain, limits in line.domains.items():
        told.append(f"  to {domain}: " + (" · ".join(_limits(limits)) or "no limits"))
    return told


def _limits(line: RelayLine | DomainLine) -> list[str]:
    connections, rate = line.connections, line.per_second
    return [
        *([f"{connections} connection{'s' * (connections > 1)}"] if connections else []),
        *([f"{rate:,g} a second"] if rate else []),
        *_of(line.used_this_hour, line.per_hour, "this hour"),
    ]


def _of(used: int | None, limit: int | None, when: str) -> list[str]:
    return [] if used is None or limit is None else [f"{used:,} of {limit:,} {when}"]
