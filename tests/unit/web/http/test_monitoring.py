"""What `digest work` answers is what the desk answers, and nothing else."""

from typing import cast

import httpx
import pytest
from fastapi import FastAPI

from digest.app import App
from digest.delivery.ports import Reply
from digest.delivery.sending.worker import Worker
from digest.delivery.states import Route
from digest.web.desk.site import build_desk
from digest.web.http.monitoring import build_for_monitors
from tests.unit.web.http.test_metrics import Stub


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
async def test_it_says_what_the_desk_says(app: App, worker: Worker, path: str) -> None:
    own = await ask(build_for_monitors(app, worker), path)
    desk = await ask(build_desk(app, worker), path)
    assert (own.status_code, own.text) == (desk.status_code, desk.text)
    assert own.headers["Cache-Control"] == "no-store"
    head = await ask(build_for_monitors(app, worker), path, "HEAD")
    assert (head.status_code, head.text) == (own.status_code, "")


@pytest.mark.parametrize("path", ["/", "/issues", "/inbox", "/docs", "/openapi.json", "/static/"])
async def test_there_is_nothing_else(app: App, worker: Worker, path: str) -> None:
    assert (await ask(build_for_monitors(app, worker), path)).status_code == 404


async def test_nothing_can_be_posted(app: App, worker: Worker) -> None:
    assert (await ask(build_for_monitors(app, worker), "/metrics", "POST")).status_code == 405
