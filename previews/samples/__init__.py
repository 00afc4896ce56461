"""Sample issues with extreme content, as plain values, to try a template on.

Each file has `about`, `number`, `date`, `sentence`, `flips` and `comparisons`, the last in the
format that `digest comparisons import` reads. The texts were written for this project.
"""

import json
from importlib.resources import files
from typing import Any

FIRST = "everyday"


def names() -> list[str]:
    """The names of all samples, the ordinary one first."""
    found = sorted(
        file.name.removesuffix(".json")
        for file in files(__name__).iterdir()
        if file.name.endswith(".json")
    )
    return [FIRST, *(name for name in found if name != FIRST)]


def read(name: str) -> dict[str, Any]:
    """One sample's values. Raises `KeyError` for a name not in `names()`."""
    if name not in names():
        raise KeyError(name)
    text = (files(__name__) / f"{name}.json").read_text(encoding="utf-8")
    values: dict[str, Any] = json.loads(text)
    return values
