"""A relay's address, parsed from `DIGEST_SMTP_URL` or the `url` of a relay in `digest.toml`."""

from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qs, quote, unquote, urlsplit

from digest.errors import Misconfigured
from digest.settings import LOOPBACK_HOSTS

EXAMPLE = "smtp://user:password@host:587?tls=starttls"


class Tls(StrEnum):
    """How the session is encrypted; `none` is allowed on loopback only."""

    STARTTLS = "starttls"
    IMPLICIT = "implicit"
    NONE = "none"


DEFAULT_PORT = {Tls.STARTTLS: 587, Tls.IMPLICIT: 465, Tls.NONE: 25}
STARTTLS_PORTS = (25, 587)

# As other programs write them.
OTHER_SCHEMES = {
    "smtps": Tls.IMPLICIT,
    "smtp+ssl": Tls.IMPLICIT,
    "smtp+tls": Tls.STARTTLS,
    "smtp+starttls": Tls.STARTTLS,
    "submission": Tls.STARTTLS,
    "submissions": Tls.IMPLICIT,
}

# In a user's name or a password they would end it, or count as part of an IPv6 address.
TO_ENCODE = "#/?[]\\"


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
    url = url.strip()
    _require_readable_login(url, where)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Misconfigured(f"{where}: not a URL; use {EXAMPLE}") from None
    if parts.scheme != "smtp" or not parts.hostname:
        raise Misconfigured(f"{where}: {_scheme_hint(parts.scheme, parts.hostname, port)}")
    if parts.path.strip("/") or parts.fragment:
        raise Misconfigured(f"{where}: nothing but ?tls=… may follow host and port; use {EXAMPLE}")
    if bool(parts.username) != bool(parts.password):
        missing = "password" if parts.username else "user"
        raise Misconfigured(f"{where}: the {missing} is missing; write both, as in {EXAMPLE}")
    query = parse_qs(parts.query)
    if set(query) - {"tls"}:
        unknown = min(set(query) - {"tls"})
        raise Misconfigured(f"{where}: unknown option {unknown!r}; only tls is known: {EXAMPLE}")
    tls = _tls(query.get("tls", [""])[0], parts.hostname, port, where)
    return RelayAddress(
        host=parts.hostname,
        port=port or DEFAULT_PORT[tls],
        tls=tls,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def _require_readable_login(url: str, where: str) -> None:
    """Refuse what would end the user's name or password early, with what to write instead.

    An @ or a colon in the password is understood: the last @ ends it, the first colon begins it.
    """
    login, at, _ = url.partition("://")[2].rpartition("@")
    if not at:
        return
    found = [one for one in TO_ENCODE if one in login]
    try:
        unquote(login, errors="strict")
    except UnicodeDecodeError:
        found.append("%")
    if found:
        pairs = " and ".join(f"{one} as {quote(one, safe='')}" for one in found)
        raise Misconfigured(
            f"{where}: user and password must be percent-encoded: write {pairs}, as in {EXAMPLE}"
        )
    if any(ord(one) < ord(" ") for one in unquote(login)):
        raise Misconfigured(f"{where}: user and password must not have control characters")


def _scheme_hint(scheme: str, host: str | None, port: int | None) -> str:
    """What to write instead of another scheme. Of a URL without one nothing is repeated."""
    if scheme not in OTHER_SCHEMES or not host:
        return f"must look like {EXAMPLE}"
    tls = OTHER_SCHEMES[scheme]
    if port in STARTTLS_PORTS:
        tls = Tls.STARTTLS
    name = f"[{host}]" if ":" in host else host
    return (
        f"{scheme}:// is not known; write "
        f"smtp://user:password@{name}:{port or DEFAULT_PORT[tls]}?tls={tls}"
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
