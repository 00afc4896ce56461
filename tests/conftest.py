"""Fixtures shared by all tests: a real database in a file, fixed keys and a fixed instant."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.app import App
from digest.settings import Settings
from digest.store import Store, open_store
from digest.tables import metadata
from subscribers.keys import Keyring

PAGES = Path(__file__).parents[2] / "shared" / "comparisons"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def keyring() -> Keyring:
    return Keyring("a key for the tests only, long enough")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = open_store(f"sqlite+aiosqlite:///{tmp_path / 'digest.db'}")
    async with store.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield store
    await store.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        data_dir=tmp_path,
        secret_key="a key for the tests only, long enough",
        sender="Weekly Verdicts <digest@news.example.org>",
        postal_address="1 Test Street, 10115 Berlin",
        public_url="https://digest.example.org",
    )


@pytest.fixture
def app(settings: Settings, store: Store, keyring: Keyring, now: datetime) -> App:
    return App(settings=settings, store=store, keyring=keyring, clock=lambda: now)


@pytest.fixture
def pages() -> Path:
    """The five real comparison pages, where they are at hand."""
    if not PAGES.is_dir():
        pytest.skip("the real comparison pages are not beside the checkout")
    return PAGES
