"""The settings that the environment and `.env` hold, as texts by upper-case name."""

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from digest.env_file import PREFIX, misspelt, read_env_file
from digest.errors import Misconfigured

__all__ = ["PREFIX", "Given", "read_environment", "unknown_names"]

FILE = Path(".env")


class Given(NamedTuple):
    """`values` by name; `places` has where `.env` sets a name, such as '.env, line 3: '."""

    values: Mapping[str, str]
    places: Mapping[str, str]


def read_environment(known: Collection[str], secrets: Sequence[str]) -> Given:
    """What is set: the environment wins over `.env`, and an empty value counts as none.

    A secret `DIGEST_X` may be in a file that `DIGEST_X_FILE` names. Raises `Misconfigured`, also
    for a name that looks like a misspelt one of `known`.
    """
    outside = _outside()
    for name in sorted(outside):
        if similar := misspelt(name, known):
            raise Misconfigured(f"{name}: there is no such setting; did you mean {similar}?")
    entries = read_env_file(FILE, known)
    values = {name: entry.value for name, entry in entries.items() if entry.value}
    values |= {name: value for name, value in outside.items() if value}
    places = {n: f"{e.place}: " for n, e in entries.items() if not outside.get(n)}
    for name in secrets:
        if path := values.get(f"{name}_FILE"):
            values[name] = _secret(name, path)
    return Given(values, places)


def unknown_names(known: Collection[str]) -> list[str]:
    """Names in the environment that look like settings and are none."""
    return sorted(_outside().keys() - set(known))


def _outside() -> dict[str, str]:
    found = {name.upper(): value for name, value in os.environ.items()}
    return {name: value for name, value in found.items() if name.startswith(PREFIX)}


def _secret(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Misconfigured(f"{name}_FILE: cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Misconfigured(f"{name}_FILE: {path} is not UTF-8 text") from None
