"""Reads the relays of an installation: from `digest.toml`, or one from `DIGEST_SMTP_URL`."""

import os
import tomllib
from collections import Counter
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails

from digest.delivery.relay_address import parse_relay_url
from digest.delivery.relays.config import DomainLimits, RelayConfig, RelayLimits, WarmUp
from digest.errors import Misconfigured
from digest.settings import Settings

FILE = "digest.toml"
SIMPLE = "main"
SOURCES = ("url", "url_file", "url_env")


class RelayEntry(RelayLimits):
    """One `[[relay]]`: limits, and one of three places for the URL, which is a secret."""

    url: SecretStr | None = None
    url_file: str | None = None
    url_env: str | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum(getattr(self, source) is not None for source in SOURCES) != 1:
            raise ValueError(f"give one of {', '.join(SOURCES)}")
        return self


class ConfigFile(BaseModel):
    """The whole of `digest.toml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    relay: tuple[RelayEntry, ...] = ()


@cache
def relays_of(settings: Settings) -> tuple[RelayConfig, ...]:
    """The relays, read once per process; empty if there are none. Raises `Misconfigured`."""
    return read_relays(settings)


def read_relays(settings: Settings) -> tuple[RelayConfig, ...]:
    """The relays as configured now. Raises `Misconfigured`, without any secret in its text."""
    path = _config_path(settings)
    entries = _parse(path).relay if path else ()
    if not settings.smtp_url:
        return tuple(_ready(entry, f"{path}: relay {entry.name!r}", settings) for entry in entries)
    if entries:
        raise Misconfigured(
            f"DIGEST_SMTP_URL is set and {path} has relays: "
            f"move it into a [[relay]] there and remove the setting, or remove the relays"
        )
    address = parse_relay_url(settings.smtp_url.get_secret_value())
    return (RelayConfig(name=SIMPLE, connections=settings.connections, address=address),)


def _config_path(settings: Settings) -> Path | None:
    if settings.config:
        return settings.config
    found = {path.resolve(): path for path in (Path(FILE), settings.data_dir / FILE)}
    present = [path for path in found.values() if path.is_file()]
    if len(present) > 1:
        both = f"both {present[0]} and {present[1]} exist"
        raise Misconfigured(f"{both}: keep one, or set DIGEST_CONFIG")
    return present[0] if present else None


def _parse(path: Path) -> ConfigFile:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        why = f"cannot be read ({error.strerror}); fix the file, or DIGEST_CONFIG"
        raise Misconfigured(f"{path}: {why}") from None
    except UnicodeDecodeError:
        raise Misconfigured(f"{path}: is not UTF-8 text; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured(f"{path}: is not TOML: {_without_the_text(error)}") from None
    try:
        config = ConfigFile.model_validate(data)
    except ValidationError as error:
        raise Misconfigured(f"{path}: {_explained(error.errors()[0], data)}") from None
    for name, times in Counter(entry.name for entry in config.relay).items():
        if times > 1:
            raise Misconfigured(f"{path}: {times} relays have the name {name!r}; rename one")
    return config


def _ready(entry: RelayEntry, where: str, settings: Settings) -> RelayConfig:
    limits = entry.model_dump(exclude={*SOURCES})
    if "connections" not in entry.model_fields_set:
        limits["connections"] = settings.connections
    return RelayConfig(**limits, address=parse_relay_url(_url(entry, where), where))


def _url(entry: RelayEntry, where: str) -> str:
    if entry.url_file is not None:
        try:
            return Path(entry.url_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise Misconfigured(f"{where}: cannot read url_file {entry.url_file}") from None
    if entry.url_env is not None:
        if entry.url_env not in os.environ:
            raise Misconfigured(f"{where}: set {entry.url_env} in the environment, as url_env asks")
        return os.environ[entry.url_env]
    assert entry.url is not None
    return entry.url.get_secret_value()


def _without_the_text(error: tomllib.TOMLDecodeError) -> str:
    """The place of a mistake only: the text at that place may be a password."""
    line = str(error).rpartition("(at ")[2].rstrip(")")
    return f"look at {line}"


def _explained(error: ErrorDetails, data: dict[str, Any]) -> str:
    """Where in the file, what is wrong and what to do, in one line and without the value."""
    where, keys = _place(list(error["loc"]), data)
    key = ".".join(str(part) for part in keys)
    if error["type"] == "extra_forbidden":
        close = get_close_matches(str(keys[-1]), _known_keys(keys, bool(where)), 1)
        return f"{where}unknown key {key!r}; " + (f"use {close[0]!r}" if close else "remove it")
    if keys == ["relay"]:
        return "relay: write each one under [[relay]], with two brackets"
    message = error["msg"].removeprefix("Value error, ")
    return f"{where}{key + ': ' if key else ''}{message}"


def _place(loc: list[int | str], data: dict[str, Any]) -> tuple[str, list[int | str]]:
    if len(loc) < 2 or loc[0] != "relay" or not isinstance(loc[1], int):
        return "", loc
    entry = data["relay"][loc[1]]
    name = entry.get("name") if isinstance(entry, dict) else None
    return f"relay {name!r}: " if isinstance(name, str) else f"relay {loc[1] + 1}: ", loc[2:]


def _known_keys(keys: list[int | str], in_relay: bool) -> list[str]:
    if not in_relay:
        return list(ConfigFile.model_fields)
    models: dict[int | str, type[BaseModel]] = {
        "warm_up": WarmUp,
        "each_domain": DomainLimits,
        "domains": DomainLimits,
    }
    return list(models.get(keys[0], RelayEntry).model_fields)
