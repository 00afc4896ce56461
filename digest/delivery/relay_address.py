"""A relay's address, parsed from `DIGEST_SMTP_URL` or the `url` of a relay in `digest.toml`."""

from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qs, unquote, urlsplit

from digest.errors import Misconfigured
from digest.settings import LOOPBACK_HOSTS

EXAMPLE = "smtp://user:password@host:587?tls=starttls"


class Tls(StrEnum):
    """How the session is encrypted; `none` is allowed on loopback only."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"


DEFAULT_PORT = {Tls.STARTTLS: 587, Tls.IMPLICIT: 465, Tls.NONE: 25}


@dataclass(frozen=True)
class RelayAddress:
    """The server that takes mail over. The password never appears in `repr`."""

    host: str
    port: int
    tls: Tls
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def parse_relay_url(url: str, where: str = "DIGEST_SMTP_URL") -> RelayAddress:
    """Parse smtp://user:password@host:port?tls=…; raises `Misconfigured` without the secret.

    `where` names the place to fix, for messages. Without `tls`, port 465 means implicit
    TLS, a loopback host means none, and everything else STARTTLS.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Misconfigured(f"{where}: not a URL; use {EXAMPLE}") from None
    if parts.scheme != "smtp" or not parts.hostname:
        raise Misconfigured(f"{where}: must look like {EXAMPLE}")
    query = parse_qs(parts.query)
    if set(query) - {"tls"}:
        raise Misconfigured(f"{where}: unknown option {min(set(query) - {'tls'})!r}")
    tls = _tls(query.get("tls", [""])[0], parts.hostname, port, where)
    return RelayAddress(
        host=parts.hostname,
        port=port or DEFAULT_PORT[tls],
        tls=tls,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def _tls(wanted: str, host: str, port: int | None, where: str) -> Tls:
    on_loopback = host in LOOPBACK_HOSTS
    if not wanted:
        if port == DEFAULT_PORT[Tls.IMPLICIT]:
            return Tls.IMPLICIT
        return Tls.NONE if on_loopback else Tls.STARTTLS
    if wanted not in list(Tls):
        raise Misconfigured(f"{where}: tls must be starttls, implicit or none")
    if wanted == Tls.NONE and not on_loopback:
        raise Misconfigured(f"{where}: mail to {host} must be encrypted; remove tls=none")
    return Tls(wanted)
