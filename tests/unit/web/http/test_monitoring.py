"""Probes on the public site, on the desk and of `digest work`; only the public one is terse."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import cast

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from digest.app import App
from digest.delivery.ports import Reply
from digest.delivery.sending.worker import Worker
from digest.delivery.states import Route
from digest.migrate import upgrade
from digest.store import open_store
from digest.web.desk.site import build_desk
from digest.web.http.monitoring import build_monitoring
from digest.web.public.site import build_public
from schedules.tables import TickMark
from tests.unit.web.http.test_prometheus import Stub


async def ask(site: FastAPI, path: str, method: str = "GET") -> httpx.Response:
    transport = httpx.ASGITransport(app=site)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        return await client.request(method, path)


@pytest.fixture
def worker() -> Worker:
    stub = Stub()
    stub.tally.note(Route.RELAY, "gmail.com", Reply(250, "2.0.0 queued"))
    return cast(Worker, stub)


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz"])
async def test_digest_work_answers_as_the_desk_does(app: App, worker: Worker, path: str) -> None:
    own = await ask(build_monitoring(app, worker), path)
    desk = await ask(build_desk(app, worker), path)
    assert (own.status_code, own.text) == (desk.status_code, desk.text)
    assert own.headers["Cache-Control"] == "no-store"
    head = await ask(build_monitoring(app, worker), path, "HEAD")
    assert (head.status_code, head.text) == (own.status_code, "")


@pytest.mark.parametrize("path", ["/", "/issues", "/inbox", "/docs", "/openapi.json", "/static/"])
async def test_digest_work_has_no_other_page(app: App, worker: Worker, path: str) -> None:
    assert (await ask(build_monitoring(app, worker), path)).status_code == 404


async def test_digest_work_takes_no_post(app: App, worker: Worker) -> None:
    assert (await ask(build_monitoring(app, worker), "/metrics", "POST")).status_code == 405


@pytest.fixture
async def installed(app: App) -> AsyncIterator[App]:
    """The installation with a database that `digest init` made."""
    url = f"sqlite+aiosqlite:///{app.settings.data_dir / 'installed.db'}"
    await upgrade(url)
    store = open_store(url)
    yield App(app.settings, store, app.keyring, app.clock)
    await store.close()


async def answers(app: App, alive: bool = True) -> tuple[httpx.Response, httpx.Response]:
    """What `/readyz` answers on the public site and on the desk."""
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


async def test_an_installation_in_order_is_ready(installed: App) -> None:
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
    def fail(_: object) -> None:
        raise OSError("secret detail")

    monkeypatch.setattr(type(installed.store.engine), "connect", fail)
    both = await answers(installed)
    assert_not_ready(both, ["database"])
    assert "secret" not in both[0].text + both[1].text


async def test_a_held_clock_is_not_ready(installed: App) -> None:
    async with installed.store.write() as session:
        session.add(TickMark(at=installed.clock() + timedelta(hours=1)))
    assert_not_ready(await answers(installed), ["clock"])


async def test_the_desk_answers_the_health_probe_too(installed: App) -> None:
    assert (await ask(build_desk(installed), "/healthz")).json() == {"status": "ok"}
