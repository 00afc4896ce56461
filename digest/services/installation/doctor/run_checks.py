"""All checks of `digest doctor`, in the order in which to correct what they find."""

import os
import shutil
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from urllib.parse import urlsplit

from digest.delivery.guards.reserve import MB
from digest.delivery.relays.config_file import read_relays
from digest.domains.dns_client import DnsClient
from digest.environment import unknown_names
from digest.errors import DigestError
from digest.keyfile import read_keyring
from digest.migrate import require_current
from digest.rendering.message.dkim import read_keys
from digest.services.installation.doctor.check_database import check_database
from digest.services.installation.doctor.check_dns import (
    SenderIdentity,
    check_dns,
    unchecked_dns,
)
from digest.services.installation.doctor.check_relays import check_relays
from digest.services.installation.doctor.check_result import CheckResult, error, ok, warning
from digest.services.sender_details import domain_of, return_path_of, sending_domain, site_of
from digest.settings import LOOPBACK_HOSTS, Settings, known_names
from digest.store import open_store
from schedules.editions import list_editions

COMFORTABLE_BYTES = 500 * MB


async def run_checks(settings: Settings, dns: DnsClient | None = None) -> list[CheckResult]:
    """Every check; sends no mail and writes nothing.

    `dns` answers look-ups; None uses the name servers of the system.
    """
    return [
        *_check_names(),
        _check_folder(settings),
        _check_secret_key(settings),
        *await check_database(settings),
        _check_public_url(settings),
        _check_sender(settings),
        _check_postal_address(settings),
        _check_editor(settings),
        _check_mjml(),
        *await check_relays(settings),
        *await _check_authentication(settings, dns or DnsClient()),
    ]


def _check_names() -> list[CheckResult]:
    """Names that look like settings. A misspelt one has stopped the command before this."""
    unknown = unknown_names(known_names())
    if not unknown:
        return []
    return [warning("settings", f"{', '.join(unknown)}: there is no such setting; remove it")]


def _check_folder(settings: Settings) -> CheckResult:
    folder = settings.data_dir
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return error("folder", f"{folder} does not exist or is not writable")
    free = shutil.disk_usage(folder).free
    if free < settings.disk_reserve_mb * MB:
        return error("folder", f"only {free // MB} MB free at {folder}: no more mail is sent")
    if free < COMFORTABLE_BYTES:
        return warning("folder", f"only {free // MB} MB free at {folder}")
    return ok("folder", f"{folder} is writable")


def _check_secret_key(settings: Settings) -> CheckResult:
    try:
        read_keyring(settings)
    except DigestError as failure:
        return error("secret key", str(failure))
    return ok("secret key", "found; is it in your backup?")


def _check_public_url(settings: Settings) -> CheckResult:
    host = urlsplit(settings.public_url).hostname
    if host in LOOPBACK_HOSTS:
        message = f"{settings.public_url} works on this machine only; set DIGEST_PUBLIC_URL"
        return warning("public URL", message)
    return ok("public URL", settings.public_url)


def _check_sender(settings: Settings) -> CheckResult:
    try:
        domain = sending_domain(site_of(settings))
    except DigestError as failure:
        return error("sender", str(failure))
    if domain.endswith("localdomain"):
        return warning("sender", "set DIGEST_SENDER to a name and address")
    return ok("sender", f"{settings.sender}")


def _check_postal_address(settings: Settings) -> CheckResult:
    if not settings.postal_address.strip():
        message = "set DIGEST_POSTAL_ADDRESS: no issue is sent without one"
        return warning("postal address", message)
    return ok("postal address", settings.postal_address)


def _check_editor(settings: Settings) -> CheckResult:
    if not settings.editors:
        message = "set DIGEST_EDITOR, or nobody is told when an issue stops"
        return warning("editor", message)
    return ok("editor", f"notices go to {', '.join(settings.editors)}")


async def _check_authentication(settings: Settings, dns: DnsClient) -> list[CheckResult]:
    """Who signs the mail, and what DNS publishes about the sender."""
    try:
        domain = sending_domain(site_of(settings))
        return_domain = return_path_of(settings).domain
        keys = read_keys(settings.dkim_keys)
    except DigestError as failure:
        return [error("DKIM", str(failure))]
    unsigned = warning(
        "DKIM", "no DIGEST_DKIM_KEYS: the relay must sign, List-Unsubscribe-Post included"
    )
    others = await _edition_domains(settings)
    sender = SenderIdentity(domain, return_domain, keys, _relay_hosts(settings), others)
    found = [] if keys else [unsigned]
    if domain.endswith("localdomain"):
        return [*found, *unchecked_dns(sender, "set DIGEST_SENDER first")]
    return [*found, *await check_dns(sender, dns)]


async def _edition_domains(settings: Settings) -> list[str]:
    """The domains of editions with a sender of their own; none while there is no database."""
    try:
        await require_current(settings.store_url)
    except DigestError:
        return []
    store = open_store(settings.store_url)
    try:
        async with store.read() as session:
            editions = await list_editions(session)
    finally:
        await store.close()
    return [domain_of(edition.sender) for edition in editions if edition.active and edition.sender]


def _relay_hosts(settings: Settings) -> list[str]:
    """The hosts that send; a relay on loopback is left out, its public address is unknown."""
    with suppress(DigestError):
        hosts = [relay.address.host for relay in read_relays(settings)]
        return [host for host in hosts if host not in LOOPBACK_HOSTS]
    return []


def _check_mjml() -> CheckResult:
    # The package `mjml` on PyPI installs the same import name as mjml-python, and overwrites it.
    try:
        distribution("mjml")
    except PackageNotFoundError:
        return ok("mjml", "mjml-python is installed")
    message = "the package 'mjml' overwrites mjml-python: uninstall both, install mjml-python"
    return error("mjml", message)
