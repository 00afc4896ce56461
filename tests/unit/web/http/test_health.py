"""Probes: alive, and ready for work; the public ones tell nobody what is the matter."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from digest.app import App
from digest.delivery.sending.worker import Worker
from digest.migrate import upgrade
from digest.store import open_store
from digest.web.desk.site import build_desk
from digest.web.public.site import build_public
from schedules.tables import TickMark


@dataclass
class Stub:
    """As much of a worker as a probe looks at."""

    alive: bool = True


@pytest.fixture
async def installed(app: App) -> AsyncIterator[App]:
    """The installation with a database that `digest init` made."""
    url = f"sqlite+aiosqlite:///{app.settings.data_dir / 'installed.db'}"
    await upgrade(url)
    store = open_store(url)
    yield App(app.settings, store, app.keyring, app.clock)
    await store.close()


async def ask(site: FastAPI, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=site)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        return await client.get(path)


async def answers(app: App, alive: bool = True) -> tuple[httpx.Response, httpx.Response]:
    """What `/readyz` says on the public site and on the desk."""
    worker = cast(Worker, Stub(alive))
    return (
        await ask(build_public(app, worker), "/readyz"),
        await ask(build_desk(app, worker), "/readyz"),
    )


def assert_not_ready(both: tuple[httpx.Response, httpx.Response], failing: list[str]) -> None:
    public, desk = both
    assert (public.status_code, desk.status_code) == (503, 503)
    assert public.json() == {"status": "not ready"}
    assert desk.json() == {"status": "not ready", "failing": failing}


async def test_all_well_is_ready(installed: App) -> None:
    public, desk = await answers(installed)
    assert (public.status_code, desk.status_code) == (200, 200)
    assert public.json() == {"status": "ready"}
    assert desk.json() == {"status": "ready", "failing": []}
    assert public.headers["Cache-Control"] == "no-store"


async def test_a_process_without_a_worker_can_be_ready(installed: App) -> None:
    assert (await ask(build_public(installed), "/readyz")).status_code == 200


async def test_a_dead_worker_is_not_ready(installed: App) -> None:
    assert_not_ready(await answers(installed, alive=False), ["worker"])


async def test_a_database_of_another_revision_is_not_ready(installed: App) -> None:
    async with installed.store.engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = 'x'"))
    assert_not_ready(await answers(installed), ["database"])


async def test_a_database_that_does_not_answer_is_not_ready(
    installed: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: object) -> None:
        raise OSError("secret detail")

    monkeypatch.setattr(type(installed.store.engine), "connect", gone)
    both = await answers(installed)
    assert_not_ready(both, ["database"])
    assert "secret" not in both[0].text + both[1].text


async def test_a_held_clock_is_not_ready(installed: App) -> None:
    async with installed.store.write() as session:
        session.add(TickMark(at=installed.clock() + timedelta(hours=1)))
    assert_not_ready(await answers(installed), ["clock"])


async def test_the_desk_says_that_it_is_alive_too(installed: App) -> None:
    assert (await ask(build_desk(installed), "/healthz")).json() == {"status": "ok"}
