"""The result of one check of `digest doctor`."""

from typing import Literal

from digest.services.result import Result


class CheckResult(Result):
    """What a check found.

    Levels: `ok`; `warning` (works, but not as readers need it); `error` (does not work);
    `unchecked` (could not be checked from here, so nothing is claimed).
    """

    name: str
    level: Literal["ok", "warning", "error", "unchecked"]
    message: str


def ok(name: str, message: str) -> CheckResult:
    """A check that passed."""
    return CheckResult(name=name, level="ok", message=message)


def warning(name: str, message: str) -> CheckResult:
    """Something that works, but not as readers need it."""
    return CheckResult(name=name, level="warning", message=message)


def error(name: str, message: str) -> CheckResult:
    """Something that does not work."""
    return CheckResult(name=name, level="error", message=message)


def unchecked(name: str, message: str) -> CheckResult:
    """A check that could not be made from here."""
    return CheckResult(name=name, level="unchecked", message=f"not checked: {message}")
