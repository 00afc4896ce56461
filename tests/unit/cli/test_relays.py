"""`digest relays`, and what the doctor reports about relays."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from digest.cli import app
from digest.delivery.relays.config_file import read_relays
from digest.delivery.relays.quotas import reserve
from digest.delivery.relays.reservation import QuotaRequest
from digest.delivery.relays.status import RelayStatus, write_statuses
from digest.settings import Settings
from digest.store import open_store

TWO = """
[[relay]]
name = "bulk"
url = "smtp://me:hunter2@127.0.0.1:1"
per_second = 14
per_day = 50_000
[relay.domains."gmail.com"]
per_hour = 100

[[relay]]
name = "spare"
url = "smtp://127.0.0.1:2"
weight = 0
"""


@pytest.fixture(autouse=True)
def _installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIGEST_DATA_DIR", str(tmp_path / "var"))
    run("init")


def run(*words: str) -> str:
    return CliRunner().invoke(app, words, catch_exceptions=False).output


async def use_and_fail() -> None:
    """As a worker does: 30 messages are reserved, and then the relay is in trouble."""
    settings = Settings(_env_file=None)
    bulk = read_relays(settings)[0]
    now = datetime.now(UTC)
    store = open_store(settings.store_url)
    async with store.write() as session:
        await reserve(session, QuotaRequest(bulk, "", 30), now)
        await reserve(session, QuotaRequest(bulk, "gmail.com", 5), now)
        await write_statuses(session, [RelayStatus("bulk", "backing off", "421 busy", 5)], "w", now)
    await store.close()


def test_relays_are_listed_with_limits_use_and_state() -> None:
    Path("digest.toml").write_text(TWO)
    asyncio.run(use_and_fail())
    bulk, spare = json.loads(run("relays", "--json"))
    assert (bulk["state"], bulk["reason"]) == ("backing off", "421 busy")
    assert (bulk["used_today"], bulk["allowed_today"]) == (30, 50_000)
    assert bulk["domains"]["gmail.com"]["used_this_hour"] == 5
    assert (spare["state"], spare["used_today"]) == ("stands by", None)
    text = run("relays")
    assert "30 of 50,000" in text
    assert "bulk  127.0.0.1:1, weight 1, backing off: 421 busy" in text
    assert "to gmail.com: 5 of 100 this hour" in text
    assert "hunter2" not in text + json.dumps([bulk, spare])


def test_without_a_relay_it_says_so() -> None:
    assert "No relay is set" in run("relays")
    assert json.loads(run("relays", "--json")) == []


def test_the_doctor_tries_each_relay() -> None:
    Path("digest.toml").write_text(TWO)
    found = {check["name"]: check for check in json.loads(run("doctor", "--json"))}
    assert found["relay bulk"]["level"] == found["relay spare"]["level"] == "error"
    assert "Check host and port" in found["relay bulk"]["message"]


def test_the_doctor_shows_where_the_file_is_wrong() -> None:
    Path("digest.toml").write_text(TWO + "per_dya = 3")
    found = {check["name"]: check for check in json.loads(run("doctor", "--json"))}
    assert "unknown key 'per_dya'; use 'per_day'" in found["relay"]["message"]
