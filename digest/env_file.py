"""`.env`, read strictly: what would be cut, skipped or misunderstood is refused with its line.

The syntax is python-dotenv's, but `${NAME}` is not replaced: values are as they were written. No
message contains a value, which may be a secret.
"""

import io
import re
from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from dotenv.parser import Binding, parse_stream

from digest.errors import Misconfigured

PREFIX = "DIGEST_"
SIMILAR = 0.85  # of 1: DIGEST_STMP_URL is like DIGEST_SMTP_URL, DIGEST_SERVICE_HOST like nothing
QUOTE = "put the whole value into single quotes"

_NAME = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)")


class Entry(NamedTuple):
    """One value, and its place as errors name it: '.env, line 3'."""

    value: str
    place: str


def read_env_file(path: Path, known: Collection[str]) -> dict[str, Entry]:
    """The entries of the file by upper-case name; none if there is no file.

    `known` are the names that mean something here. Raises `Misconfigured`.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")  # Notepad begins files with a mark
    except FileNotFoundError:
        return {}
    except UnicodeDecodeError:
        raise Misconfigured(f"{path}: is not UTF-8 text; save it as such") from None
    except OSError as error:
        raise Misconfigured(f"{path}: cannot be read: {error.strerror}") from None
    found: dict[str, Entry] = {}
    for binding in parse_stream(io.StringIO(text)):
        place = f"{path}, line {_line(binding)}"
        if fault := _fault(binding):
            raise Misconfigured(f"{place}: {fault}")
        if binding.key is None:
            continue  # an empty line or a comment
        name = binding.key.upper()
        if similar := misspelt(name, known):
            raise Misconfigured(f"{place}: there is no {name}; did you mean {similar}?")
        if name.startswith(PREFIX) and name not in known:
            raise Misconfigured(f"{place}: there is no setting {name}; remove the line")
        if name in found:
            raise Misconfigured(
                f"{place}: {name} is set again, after {found[name].place}; keep one"
            )
        found[name] = Entry(binding.value or "", place)
    return found


def misspelt(name: str, known: Collection[str]) -> str | None:
    """The setting that an unknown name is like, if any; one with another ending is not meant."""
    if name in known or any(name.startswith(f"{setting}_") for setting in known):
        return None
    return next(iter(get_close_matches(name, known, 1, SIMILAR)), None)


def _fault(binding: Binding) -> str | None:
    """What is wrong with a line."""
    written = binding.original.string.strip()
    named = _NAME.match(written)
    name = named[1] if named else "the line"
    if binding.error:
        if "=" not in written:
            return f"{name} is no NAME=value; correct it, or begin the line with #"
        return f"{name} cannot be read, as its quotes or its name are unusual; {QUOTE}"
    if binding.key is None:
        return None
    if binding.value is None:
        return f"{name} has no value; write {name}=value"
    if "\n" in binding.value and "\n" in written:
        return f"{name} goes on in the next line; close its quotes, or {QUOTE}"
    value = written.partition("=")[2].lstrip()
    if not value.startswith(("'", '"')) and re.search(r"\s#", value):
        return f"{name} would be cut at the #; {QUOTE}, or the comment on a line of its own"
    return None


def _line(binding: Binding) -> int:
    """The number of the line where it begins; the parser counts from empty lines before it."""
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")
