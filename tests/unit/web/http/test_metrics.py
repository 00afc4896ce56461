"""`/metrics`: on the desk only, in the form Prometheus reads, and without anybody in it."""

import asyncio
from dataclasses import dataclass, field
from typing import cast

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from digest.app import App
from digest.delivery.ports import Reply
from digest.delivery.sending.tally import Tally
from digest.delivery.sending.worker import Worker
from digest.delivery.states import Route
from digest.services.installation.metrics import Measures
from digest.web.desk.site import build_desk
from digest.web.http import metrics
from tests.unit.web.conftest import Dump, Reader, SignUp

Samples = dict[tuple[str, tuple[str, ...]], float]


@dataclass
class Stub:
    """As much of a worker as the metrics look at."""

    alive: bool = True
    tally: Tally = field(default_factory=Tally)


def read(page: httpx.Response) -> Samples:
    """The samples by name and values of their labels, which come in the order of their names."""
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(page.text)
        for sample in family.samples
    }


async def scrape(app: App, worker: Stub | None = None) -> httpx.Response:
    transport = httpx.ASGITransport(app=build_desk(app, cast(Worker, worker)))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        return await client.get("/metrics")


async def test_the_numbers_of_the_database_are_there(
    desk: httpx.AsyncClient, reader: Reader, sign_up: SignUp, dump: Dump
) -> None:
    await sign_up("bea@example.org")
    before = await dump()
    page = await desk.get("/metrics")
    assert page.headers["Content-Type"].startswith("text/plain; version=")
    found = read(page)
    assert found["digest_readers", ("weekly", "active")] == 1
    assert found["digest_readers", ("weekly", "pending")] == 1
    assert found["digest_deliveries", ("confirmation", "pending")] == 2
    assert found["digest_schedule_lag_seconds", ("weekly",)] == 0
    assert found["digest_queue_age_seconds", ()] == 0
    assert found["digest_clock_held", ()] == 0
    assert ("digest_worker_up", ()) not in found
    assert await dump() == before


async def test_what_relays_answered_is_there_by_class_code_and_provider(app: App) -> None:
    worker = Stub()
    worker.tally.note(Route.RELAY, "gmail.com", Reply(250, "2.0.0 queued"))
    worker.tally.note(Route.RELAY, "example.org", Reply(550, "5.1.1 <bea@example.org>?"))
    worker.tally.trouble(Route.RELAY)
    page = await scrape(app, worker)
    found = read(page)
    assert found["digest_worker_up", ()] == 1
    assert found["digest_accepted_total", ()] == 1
    assert found["digest_replies_total", ("2xx", "2.0.0", "relay")] == 1
    assert found["digest_replies_total", ("5xx", "5.1.1", "relay")] == 1
    assert found["digest_domain_replies_total", ("2xx", "gmail.com")] == 1
    assert found["digest_domain_replies_total", ("5xx", "other")] == 1
    assert found["digest_relay_troubles_total", ("relay",)] == 1
    assert "@" not in page.text
    assert "example.org" not in page.text


async def test_a_dead_worker_shows(app: App) -> None:
    assert read(await scrape(app, Stub(alive=False)))["digest_worker_up", ()] == 0


async def test_without_a_database_a_scrape_fails(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: object) -> None:
        raise OSError("secret detail")

    monkeypatch.setattr(type(app.store), "read", gone)
    page = await scrape(app)
    assert (page.status_code, page.text) == (503, "no database\n")


async def test_the_public_site_has_none(client: httpx.AsyncClient) -> None:
    assert (await client.get("/metrics")).status_code == 404


async def test_the_desk_gives_them_to_this_machine_only(desk: httpx.AsyncClient) -> None:
    assert (await desk.get("/metrics", headers={"Host": "evil.example"})).status_code == 403


async def test_however_many_ask_there_is_one_look_at_a_time(
    desk: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking, most, real = 0, 0, metrics.measure

    async def measure(app: App) -> Measures:
        nonlocal looking, most
        looking += 1
        most = max(most, looking)
        await asyncio.sleep(0.01)
        found = await real(app)
        looking -= 1
        return found

    monkeypatch.setattr(metrics, "measure", measure)
    pages = await asyncio.gather(*(desk.get("/metrics") for _ in range(5)))
    assert [page.status_code for page in pages] == [200] * 5
    assert most == 1
