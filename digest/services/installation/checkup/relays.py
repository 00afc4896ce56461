"""What `digest doctor` finds of the relays: each is connected to and logged in at."""

import asyncio
from urllib.parse import urlsplit

from digest.delivery.ports import RelayUnavailable, TransportError
from digest.delivery.relays.config import RelayConfig
from digest.delivery.relays.reading import read_relays
from digest.delivery.transports.smtp import Deadlines, SmtpTransport
from digest.errors import DigestError
from digest.services.installation.checkup.check import Check, error, ok, warning
from digest.settings import Settings

PATIENCE = Deadlines(connect=10, command=20)
LONGEST_SECONDS = 60


async def check_relays(settings: Settings) -> list[Check]:
    """One finding for each relay. Sends no mail."""
    try:
        relays = read_relays(settings)
    except DigestError as trouble:
        return [error("relay", str(trouble))]
    if not relays:
        message = (
            "none set (DIGEST_SMTP_URL or digest.toml); letters go to the built-in inbox, "
            "issues nowhere"
        )
        return [warning("relay", message)]
    ehlo = urlsplit(settings.public_url).hostname or "localhost"
    found = await asyncio.gather(*(_check(relay, ehlo) for relay in relays))
    if not any(relay.weight for relay in relays):
        found.append(warning("relay", "all have weight 0, so all stand by; give one a weight"))
    return found


async def _check(relay: RelayConfig, ehlo: str) -> Check:
    name = "relay" if relay.name == "main" else f"relay {relay.name}"
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            connection = await SmtpTransport(relay.address, ehlo, PATIENCE).connect()
            await connection.close()
    except (TransportError, TimeoutError) as trouble:
        return error(name, _hint(trouble))
    login = "logged in" if relay.address.username else "no login"
    return ok(name, f"{relay.address} answers, {relay.address.tls}, {login}")


def _hint(trouble: Exception) -> str:
    """The stage that failed, and what to try."""
    told = str(trouble)
    if "logging in: 535" in told:
        return "Connected, but the password was refused (535). Check user and password."
    if "STARTTLS extension not supported" in told:
        return "Connected, but the relay offers no STARTTLS; try ?tls=implicit on port 465."
    if "CERTIFICATE_VERIFY_FAILED" in told:
        return f"Connected, but its certificate was not accepted ({told})."
    if isinstance(trouble, RelayUnavailable | TimeoutError):
        return f"{told or 'no answer'}. Check host and port."
    return told
