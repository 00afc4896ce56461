"""A set of email templates: the files of one folder under `templates/email`, as texts.

A set is complete, with the files of `shared/`, so that it can be frozen with an issue and
give the same message years later.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import templates
from digest.errors import NotFound
from digest.rendering.errors import TemplateError
from digest.rendering.templates.sandbox import Sandbox

ROOT = templates.PATH / "email"
SHARED = "shared"
SUFFIXES = (".j2", ".css")
FILE_LIMIT = 256 * 1024


@dataclass(frozen=True, eq=False)
class TemplateSet:
    """The name of a set, and the texts of its templates by path."""

    name: str
    files: Mapping[str, str]

    def manifest(self) -> dict[str, str]:
        """The SHA-256 of every file, by path."""
        return {
            path: hashlib.sha256(text.encode()).hexdigest()
            for path, text in sorted(self.files.items())
        }

    @cached_property
    def is_shipped(self) -> bool:
        """Whether these are the templates of this version, unchanged."""
        return self.name in names() and self.manifest() == load_templates(self.name).manifest()

    @cached_property
    def sandbox(self) -> Sandbox:
        """The environment in which these templates run; it caches what it compiles."""
        for path, text in self.files.items():
            if len(text) > FILE_LIMIT:
                raise TemplateError(path, None, f"a template may have {FILE_LIMIT // 1024} KiB")
        return Sandbox(self.files)

    def text(self, path: str) -> str:
        """The source of one file. Raises `TemplateError`."""
        if path not in self.files:
            raise TemplateError(path, None, f"the template set {self.name!r} needs this file")
        return self.files[path]


def load_templates(name: str, root: Path = ROOT) -> TemplateSet:
    """The set in `root/name` with the shared files. Raises `NotFound`, `TemplateError`."""
    folder = root / name
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name) or name == SHARED or not folder.is_dir():
        raise NotFound(f"no email templates named {name!r}; there are {', '.join(names(root))}")
    files = {f"{SHARED}/{path}": text for path, text in _read(root / SHARED)}
    return TemplateSet(name, {**files, **dict(_read(folder))})


def names(root: Path = ROOT) -> list[str]:
    """The names of all template sets in a folder."""
    return sorted(path.name for path in root.iterdir() if path.is_dir() and path.name != SHARED)


def _read(folder: Path) -> list[tuple[str, str]]:
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix in SUFFIXES and path.is_file():
            name = path.relative_to(folder).as_posix()
            try:
                found.append((name, path.read_bytes().decode().replace("\r\n", "\n")))
            except UnicodeDecodeError:
                raise TemplateError(name, None, "this is not UTF-8; save it as UTF-8") from None
            except OSError as error:
                raise TemplateError(name, None, f"it cannot be read: {error.strerror}") from None
    return found
