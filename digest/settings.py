"""Settings, read once by `bootstrap` from the environment and `.env`.

Every setting is documented in `docs/operator.md`; a test fails if one is not.
A secret `DIGEST_X` may also be given as `DIGEST_X_FILE`, a path to its value.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from digest.databases import postgresql
from digest.environment import PREFIX, read_environment
from digest.errors import Misconfigured
from subscribers.errors import InvalidMailbox
from subscribers.mailbox import Mailbox

SECRETS = ("DIGEST_DATABASE_URL", "DIGEST_SMTP_URL", "DIGEST_SECRET_KEY")
LOGGING = ("DIGEST_LOG", "DIGEST_LOG_FORMAT")  # read before there are settings
SITE_NAME = "Weekly AI Tool Verdicts"
SQLITE = "sqlite+aiosqlite:///"
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


class HostPort(NamedTuple):
    """Where to listen; port 0 takes a free one."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """From `HOST:PORT`, or `[::1]:PORT`; raises `ValueError`."""
        host, _, port = text.strip().rpartition(":")
        bare = host.removeprefix("[").removesuffix("]")
        whole = bare and port.isascii() and port.isdigit() and int(port) <= 65535
        if not whole or (":" in bare) != host.startswith("["):
            raise ValueError("must be HOST:PORT, such as 127.0.0.1:9464")
        return cls(bare, int(port))

    @property
    def url(self) -> str:
        """The http address; an IPv6 host is put in brackets (RFC 3986 section 3.2.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


class Settings(BaseSettings):
    """All configuration of one installation. Immutable; build it with `load_settings`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="ignore", frozen=True, env_ignore_empty=True
    )

    data_dir: Path = Field(
        Path("var"), description="Folder for the embedded database, the inbox and the key."
    )
    database_url: SecretStr | None = Field(
        None,
        description="postgresql+psycopg://user:password@host/database, or an SQLite file. "
        "Default: SQLite at <data_dir>/digest.db.",
    )
    config: Path | None = Field(
        None,
        description="A TOML file with relays. Default: digest.toml here or in <data_dir>, if any.",
    )
    smtp_url: SecretStr | None = Field(
        None,
        description="smtp://user:password@host:587?tls=starttls|implicit|none. "
        "Default: the built-in inbox.",
    )
    public_url: str = Field(
        "http://127.0.0.1:8000",
        description="Address of the public pages; links in mails start with it.",
    )
    secret_key: SecretStr | None = Field(
        None,
        description="Signs links. Several keys, separated by commas: the first signs, all verify. "
        "The last also keys the address hashes, so keep it. Default: <data_dir>/secret.key.",
    )
    site_name: str = Field(
        SITE_NAME,
        description="What the newsletter is called in mails, on the pages and in the feed.",
    )
    sender: str = Field(
        f"{SITE_NAME} <digest@localhost.localdomain>",
        description="The From of every mail: Name <address>.",
    )
    postal_address: str = Field(
        "", description="Printed in every issue; without it no issue is sent."
    )
    return_path: str | None = Field(
        None,
        description="Address to which bounces return; each delivery adds its own signed +tag. "
        "Default: bounces@ the sender's domain.",
    )
    dkim_keys: str = Field(
        "",
        description="selector:path of a PEM key (RSA of 2048 bits or Ed25519), several separated "
        "by commas. Default: none, the relay signs.",
    )
    editor: str | None = Field(
        None,
        description="Who gets a notice of each skipped, held or missed slot: Name <address>, "
        "several separated by commas.",
    )
    host: str = Field("127.0.0.1", description="Address the public pages listen on.")
    port: int = Field(8000, description="Port of the public pages.", ge=0, le=65535)
    desk_port: int = Field(
        8001,
        description="Loopback port of the editor's previews and the built-in inbox.",
        ge=0,
        le=65535,
    )
    work_listen: str | None = Field(
        None,
        description="HOST:PORT where `digest work` answers monitors. Default: none.",
    )
    connections: int = Field(
        4, description="SMTP connections that one worker keeps open to a relay.", ge=1, le=100
    )
    drain_seconds: float = Field(
        30, description="How long a stopping worker waits for replies.", ge=0
    )
    disk_reserve_mb: int = Field(
        200, description="No mail is sent while the disk of the database has less free space.", ge=0
    )
    approval_network_seconds: float = Field(
        0,
        description="How long an approval may check links and DNS. Default: 0, not at all.",
        ge=0,
        le=120,
    )
    keep_unconfirmed_days: float = Field(
        7,
        description="Days after which a sign-up is deleted whose link expired unused.",
        ge=0,
    )
    signup_origins: str = Field(
        "",
        description="Other sites whose pages may hold the sign-up form: https://example.org, "
        "several separated by commas. Default: none.",
    )
    keep_ip: bool = Field(False, description="Store the IP address with consent events.")

    @field_validator("database_url")
    @classmethod
    def _is_known_database(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or value.get_secret_value().startswith(SQLITE):
            return value
        url = postgresql.normalised(value.get_secret_value())
        if not postgresql.is_valid(url):
            raise ValueError(
                f"must be {SQLITE}/srv/digest/digest.db or "
                f"{postgresql.DRIVER}://user:password@host/database"
            )
        return SecretStr(url)

    @field_validator("work_listen")
    @classmethod
    def _is_host_and_port(cls, value: str | None) -> str | None:
        if value is not None:
            HostPort.parse(value)
        return value

    @field_validator("site_name")
    @classmethod
    def _is_one_line(cls, value: str) -> str:
        if not value.isprintable() or not value.strip():
            raise ValueError("must be one line of text, such as Weekly Verdicts")
        return value.strip()

    @field_validator("sender")
    @classmethod
    def _is_mailbox(cls, value: str) -> str:
        with _refusing_mailboxes():
            return str(Mailbox.parse_sender(value))

    @field_validator("return_path")
    @classmethod
    def _is_address(cls, value: str | None) -> str | None:
        with _refusing_mailboxes():
            return value and Mailbox.parse_sender(value).address

    @field_validator("editor")
    @classmethod
    def _are_mailboxes(cls, value: str | None) -> str | None:
        with _refusing_mailboxes():
            return value and ", ".join(map(str, Mailbox.parse_all(value)))

    @field_validator("signup_origins")
    @classmethod
    def _are_origins(cls, value: str) -> str:
        for origin in filter(None, (item.strip() for item in value.split(","))):
            parts = urlsplit(origin)
            if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
                raise ValueError("must be sites without a path, such as https://example.org")
        return value

    @field_validator("public_url")
    @classmethod
    def _is_http(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an http(s) URL such as https://digest.example.org")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
            raise ValueError("plain http is for loopback only; use https (RFC 8058 section 3.1)")
        return value.rstrip("/")

    @property
    def store_url(self) -> str:
        """The URL of the database: the setting, else SQLite in `data_dir`."""
        if self.database_url:
            return self.database_url.get_secret_value()
        return f"{SQLITE}{(self.data_dir / 'digest.db').resolve()}"

    @property
    def editors(self) -> tuple[str, ...]:
        """The addresses that get notices."""
        found = Mailbox.parse_all(self.editor) if self.editor else ()
        return tuple(dict.fromkeys(mailbox.address for mailbox in found))

    @property
    def inbox_dir(self) -> Path:
        """Folder in which the built-in inbox keeps what it receives."""
        return self.data_dir / "inbox"


@contextmanager
def _refusing_mailboxes() -> Iterator[None]:
    try:
        yield
    except InvalidMailbox as error:
        raise ValueError(str(error)) from None


def load_settings(**overrides: object) -> Settings:
    """Read the environment, `.env` and `…_FILE` secrets; `overrides` win.

    Raises `Misconfigured` with the variable's name, its line in `.env` and the reason; never
    with its value.
    """
    given = read_environment(known_names(), SECRETS)
    fields = {field: given.values.get(PREFIX + field.upper()) for field in Settings.model_fields}
    read = {field: value for field, value in fields.items() if value is not None}
    try:
        return Settings(**{**read, **overrides})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        name = PREFIX + str(first["loc"][0]).upper()
        reason = first["msg"].removeprefix("Value error, ")
        raise Misconfigured(f"{given.places.get(name, '')}{name}: {reason}") from None


def known_names() -> frozenset[str]:
    """The names that mean something in the environment or in `.env`."""
    settings = (PREFIX + field.upper() for field in Settings.model_fields)
    return frozenset((*settings, *(f"{name}_FILE" for name in SECRETS), *LOGGING))
