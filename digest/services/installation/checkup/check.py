"""What `digest doctor` finds."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Check(BaseModel):
    """One finding.

    `ok`, `warning` (works, but not for readers), `error` (will not work), or `unchecked`
    (could not be looked at from here, so nothing is said).
    """

    model_config = ConfigDict(frozen=True)

    name: str
    level: Literal["ok", "warning", "error", "unchecked"]
    message: str


def ok(name: str, message: str) -> Check:
    """All is well."""
    return Check(name=name, level="ok", message=message)


def warning(name: str, message: str) -> Check:
    """It works, but not as it should for readers."""
    return Check(name=name, level="warning", message=message)


def error(name: str, message: str) -> Check:
    """It will not work."""
    return Check(name=name, level="error", message=message)


def unchecked(name: str, message: str) -> Check:
    """It could not be looked at."""
    return Check(name=name, level="unchecked", message=f"not checked: {message}")
