"""`/metrics`: only on the desk, in the format of Prometheus, and without any reader's data."""

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
from digest.services.installation.metrics import Metrics
from digest.web.desk.site import build_desk
from digest.web.http import prometheus
from tests.unit.web.conftest import Dump, Reader, SignUp

Samples = dict[tuple[str, tuple[str, ...]], float]


@dataclass
class Stub:
    """The part of a worker that the metrics read."""

    alive: bool = True
    tally: Tally = field(default_factory=Tally)


def read(page: httpx.Response) -> Samples:
    """The samples by name and label values, in the order of the label names."""
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(page.text)
        for sample in family.samples
    }


async def scrape(app: App, worker: Stub | None = None) -> httpx.Response:
    transport = httpx.ASGITransport(app=build_desk(app, cast(Worker, worker)))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        return await client.get("/metrics")


async def test_the_numbers_of_the_database_are_shown(
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


async def test_replies_of_relays_are_counted_by_class_code_and_provider(app: App) -> None:
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


async def test_a_dead_worker_is_shown(app: App) -> None:
    assert read(await scrape(app, Stub(alive=False)))["digest_worker_up", ()] == 0


async def test_without_a_database_a_scrape_fails(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise OSError("secret detail")

    monkeypatch.setattr(type(app.store), "read", fail)
    page = await scrape(app)
    assert (page.status_code, page.text) == (503, "no database\n")


async def test_the_public_site_has_no_metrics(client: httpx.AsyncClient) -> None:
    assert (await client.get("/metrics")).status_code == 404


async def test_the_desk_shows_them_only_to_this_machine(desk: httpx.AsyncClient) -> None:
    assert (await desk.get("/metrics", headers={"Host": "evil.example"})).status_code == 403


async def test_only_one_scrape_at_a_time_reads_the_database(
    desk: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, most, real = 0, 0, prometheus.read_metrics

    async def slow_read(app: App) -> Metrics:
        nonlocal reading, most
        reading += 1
        most = max(most, reading)
        await asyncio.sleep(0.01)
        found = await real(app)
        reading -= 1
        return found

    monkeypatch.setattr(prometheus, "read_metrics", slow_read)
    pages = await asyncio.gather(*(desk.get("/metrics") for _ in range(5)))
    assert [page.status_code for page in pages] == [200] * 5
    assert most == 1
