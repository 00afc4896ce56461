"""Relays of any shape, and replies."""

from typing import Any

from digest.delivery.ports import Reply
from digest.delivery.relay_address import RelayAddress, Tls
from digest.delivery.relays.config import RelayConfig

TAKEN = Reply(250, "2.0.0 queued")
SLOWER = Reply(421, "4.7.0 too much mail from you, try again later")


def relay(name: str = "main", **values: Any) -> RelayConfig:
    """A relay without limits but those given."""
    address = RelayAddress(host=f"{name}.example.org", port=587, tls=Tls.STARTTLS)
    return RelayConfig.model_validate(
        {"name": name, "connections": 10, "address": address, **values}
    )
