"""Whether each relay can be reached, secured and logged in to."""

import asyncio
from urllib.parse import urlsplit

from digest.delivery.ports import RelayUnavailable, TransportError
from digest.delivery.relay_address import DEFAULT_PORT, RelayAddress, Tls
from digest.delivery.relays.config import RelayConfig
from digest.delivery.relays.config_file import read_relays
from digest.delivery.transports.smtp import Deadlines, SmtpTransport
from digest.errors import DigestError
from digest.services.installation.doctor.check_result import CheckResult, error, ok, warning
from digest.settings import Settings

# Shorter than those of a worker: somebody waits for the answer.
DEADLINES = Deadlines(connect=10, command=20)
LONGEST_SECONDS = 60


async def check_relays(settings: Settings) -> list[CheckResult]:
    """One result for each relay. Sends no mail."""
    try:
        relays = read_relays(settings)
    except DigestError as failure:
        return [error("relay", str(failure))]
    if not relays:
        message = (
            "none set (DIGEST_SMTP_URL or digest.toml); confirmations and notices go to the "
            "built-in inbox, issues are not sent"
        )
        return [warning("relay", message)]
    ehlo = urlsplit(settings.public_url).hostname or "localhost"
    found = await asyncio.gather(*(_check(relay, ehlo) for relay in relays))
    if not any(relay.weight for relay in relays):
        message = "all have weight 0, so all are on standby; give one a weight"
        found.append(warning("relay", message))
    return found


async def _check(relay: RelayConfig, ehlo: str) -> CheckResult:
    name = "relay" if relay.name == "main" else f"relay {relay.name}"
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            connection = await SmtpTransport(relay.address, ehlo, DEADLINES).connect()
            await connection.probe()
            await connection.close()
    except (TransportError, TimeoutError) as failure:
        return error(name, _explain(failure, relay.address))
    login = "logged in" if relay.address.username else "no login"
    return ok(name, f"{relay.address} answers, {relay.address.tls}, {login}")


def _explain(failure: Exception, relay: RelayAddress) -> str:
    """The stage that failed, and what to try."""
    text = str(failure)
    if "logging in: 535" in text:
        return "Connected, but the password was refused (535). Check user and password."
    if "STARTTLS extension not supported" in text:
        return "Connected, but the relay offers no STARTTLS; try ?tls=implicit on port 465."
    if "WRONG_VERSION_NUMBER" in text and relay.tls is Tls.IMPLICIT:
        return f"Port {relay.port} does not begin with TLS; try ?tls=starttls on port 587."
    if relay.port == DEFAULT_PORT[Tls.IMPLICIT] and relay.tls is Tls.STARTTLS:
        return f"{text or 'no answer'}. Port 465 begins with TLS; try ?tls=implicit."
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return f"Connected, but its certificate was not accepted ({text})."
    if isinstance(failure, RelayUnavailable | TimeoutError):
        return f"{text or 'no answer'}. Check host and port."
    return text
