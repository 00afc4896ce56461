"""`digest doctor`: what is set, what works, and what to mend first."""

import os
import shutil
from contextlib import suppress
from email.utils import parseaddr
from importlib.metadata import PackageNotFoundError, distribution
from urllib.parse import urlsplit

from digest.delivery.guards.reserve import MB
from digest.delivery.relays.reading import read_relays
from digest.domains.names import Names
from digest.errors import DigestError, Misconfigured
from digest.keyfile import read_keyring
from digest.migrate import require_current
from digest.rendering.message.dkim import read_keys
from digest.services.installation.checkup.check import Check, error, ok, warning
from digest.services.installation.checkup.dns import Sending, check_dns, unasked
from digest.services.installation.checkup.relays import check_relays
from digest.services.installation.checkup.store import check_store
from digest.services.site import domain_of, sending_domain, site_of
from digest.settings import LOOPBACK_HOSTS, Settings
from digest.store import open_store
from schedules.editions import list_editions
from subscribers.address import EmailAddress, InvalidAddress

RESERVE_BYTES = 500_000_000


async def check_up(settings: Settings, names: Names | None = None) -> list[Check]:
    """All checks, in the order in which to mend them. Sends no mail and writes nothing.

    `names` looks up DNS; None: as the system does.
    """
    database = await _database(settings)
    return [
        _folder(settings),
        _secret_key(settings),
        database,
        *(await check_store(settings) if database.level == "ok" else ()),
        _public_url(settings),
        _sender(settings),
        _postal_address(settings),
        _mjml(),
        *await check_relays(settings),
        *await _authentication(settings, names or Names()),
    ]


def _folder(settings: Settings) -> Check:
    folder = settings.data_dir
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return error("folder", f"{folder} is not there or not writable")
    free = shutil.disk_usage(folder).free
    if free < settings.disk_reserve_mb * MB:
        return error("folder", f"only {free // MB} MB free at {folder}: nothing more is sent")
    if free < RESERVE_BYTES:
        return warning("folder", f"only {free // MB} MB free at {folder}")
    return ok("folder", f"{folder} is writable")


def _secret_key(settings: Settings) -> Check:
    try:
        read_keyring(settings)
    except DigestError as trouble:
        return error("secret key", str(trouble))
    return ok("secret key", "there; is it in your backup?")


async def _database(settings: Settings) -> Check:
    try:
        await require_current(settings.store_url)
    except DigestError as trouble:
        return error("database", str(trouble))
    return ok("database", "up to date")


def _public_url(settings: Settings) -> Check:
    host = urlsplit(settings.public_url).hostname
    if host in LOOPBACK_HOSTS:
        message = f"{settings.public_url} works on this machine only; set DIGEST_PUBLIC_URL"
        return warning("public URL", message)
    return ok("public URL", settings.public_url)


def _sender(settings: Settings) -> Check:
    try:
        domain = sending_domain(site_of(settings))
    except DigestError as trouble:
        return error("sender", str(trouble))
    if domain.endswith("localdomain"):
        return warning("sender", "set DIGEST_SENDER to a name and address")
    return ok("sender", f"{settings.sender}")


def _postal_address(settings: Settings) -> Check:
    if not settings.postal_address.strip():
        message = "set DIGEST_POSTAL_ADDRESS: no issue is sent without one"
        return warning("postal address", message)
    return ok("postal address", settings.postal_address)


async def _authentication(settings: Settings, names: Names) -> list[Check]:
    """What signs, and what DNS says of it."""
    try:
        domain = sending_domain(site_of(settings))
        return_domain = _return_domain(settings) or domain
        keys = read_keys(settings.dkim_keys)
    except DigestError as trouble:
        return [error("DKIM", str(trouble))]
    unsigned = warning(
        "DKIM", "no DIGEST_DKIM_KEYS: the relay must sign, List-Unsubscribe-Post included"
    )
    others = await _edition_domains(settings)
    sending = Sending(domain, return_domain, keys, _relay_hosts(settings), others)
    found = [] if keys else [unsigned]
    if domain.endswith("localdomain"):
        return [*found, *unasked(sending, "set DIGEST_SENDER first")]
    return [*found, *await check_dns(sending, names)]


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


def _return_domain(settings: Settings) -> str | None:
    """The domain of `DIGEST_RETURN_PATH`; None without one. Raises `Misconfigured`."""
    if not settings.return_path:
        return None
    try:
        return EmailAddress.parse(parseaddr(settings.return_path)[1]).domain
    except InvalidAddress:
        raise Misconfigured("DIGEST_RETURN_PATH: must look like bounces@example.org") from None


def _relay_hosts(settings: Settings) -> list[str]:
    """Where our mail goes out; a relay on loopback sends from addresses that we do not know."""
    with suppress(DigestError):
        hosts = [relay.address.host for relay in read_relays(settings)]
        return [host for host in hosts if host not in LOOPBACK_HOSTS]
    return []


def _mjml() -> Check:
    """The PyPI package `mjml` has the same import name as mjml-python and overwrites it."""
    try:
        distribution("mjml")
    except PackageNotFoundError:
        return ok("mjml", "mjml-python is in place")
    message = "the package 'mjml' overwrites mjml-python: uninstall both, install mjml-python"
    return error("mjml", message)
