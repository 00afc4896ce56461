"""Fixtures shared by all tests: a real database in a file, fixed keys and a fixed instant."""

import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from sqlalchemy import create_engine

from digest.app import App
from digest.engine.procrastinate import make_schema
from digest.settings import Settings
from digest.store import Store, open_store
from digest.tables import metadata
from subscribers.keys import Keyring
from tests.postgres import Cluster, Emptied, PostgresMissing, start_cluster
from tests.workers import close_ledgers

PAGES = Path(__file__).parents[2] / "shared" / "comparisons"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CLUSTER = pytest.StashKey[Cluster]()

# On a busy machine an example may take many times as long as it should: that is no failure.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """One server for all workers of a parallel run, started by the process that outlives them."""
    stash = node.config.stash
    try:
        if CLUSTER not in stash:
            stash[CLUSTER] = start_cluster()
    except PostgresMissing:
        return  # each worker finds out for itself, and says which tests it left out
    node.workerinput["postgres"] = (str(stash[CLUSTER].folder), stash[CLUSTER].port)


def pytest_unconfigure(config: pytest.Config) -> None:
    if CLUSTER in config.stash:
        config.stash[CLUSTER].stop()


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A PostgreSQL server; without one the test is left out, in CI it fails."""
    shared = getattr(request.config, "workerinput", {}).get("postgres")
    if shared:
        yield Cluster(Path(shared[0]), shared[1])
        return
    try:
        started = start_cluster()
    except PostgresMissing as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing))
        pytest.skip(f"left out on PostgreSQL: {missing}")
    with started:
        yield started


@pytest.fixture(scope="session")
def emptied(cluster: Cluster) -> Iterator[Emptied]:
    """This worker's database, with the tables of today."""
    url = cluster.new_database()
    engine = create_engine(url)
    with engine.begin() as connection:
        metadata.create_all(connection)
        make_schema(connection)
    engine.dispose()
    emptied = Emptied(url)
    yield emptied
    emptied.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Tests run on both; what is far above the store overrides this with `"sqlite"`."""
    return str(request.param)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def keyring() -> Keyring:
    return Keyring("a key for the tests only, long enough")


@pytest.fixture
async def store(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Store]:
    if database == "postgresql":
        store = open_store(request.getfixturevalue("emptied")())
    else:
        store = open_store(f"sqlite+aiosqlite:///{tmp_path / 'digest.db'}")
        async with store.engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
    yield store
    await close_ledgers()
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
