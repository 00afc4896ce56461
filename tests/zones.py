"""The tz database as of another day: some zones replaced by others, as an upgrade would do."""

import importlib.resources
import shutil
import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def zone_rules(folder: Path, **rules: str) -> Iterator[None]:
    """Until left, `Africa__Cairo="Etc/GMT-2"` gives Cairo the rules of that zone."""
    before = zoneinfo.TZPATH
    data = importlib.resources.files("tzdata") / "zoneinfo"
    for name, other in rules.items():
        target = folder / name.replace("__", "/")
        target.parent.mkdir(parents=True, exist_ok=True)
        with importlib.resources.as_file(data / other) as source:
            shutil.copy(source, target)
    zoneinfo.reset_tzpath([str(folder), *before])
    zoneinfo.ZoneInfo.clear_cache()
    try:
        yield
    finally:
        zoneinfo.reset_tzpath(before)
        zoneinfo.ZoneInfo.clear_cache()
