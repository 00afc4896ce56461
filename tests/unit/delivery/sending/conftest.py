"""Workers on relays that a test scripts."""

from datetime import datetime
from pathlib import Path

import pytest

from digest.store import Store
from tests.unit.delivery.sending.scene import Scene


@pytest.fixture
def scene(store: Store, tmp_path: Path, now: datetime) -> Scene:
    return Scene(store, tmp_path / "workers", now)
