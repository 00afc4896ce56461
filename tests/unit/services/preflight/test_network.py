"""What asks the network does so only when asked to, and not for longer."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import col, select
from structlog.testing import capture_logs

from digest.app import App
from digest.domains.dns_client import DnsClient
from digest.issues.tables import IssueOverride
from digest.services.actor import Actor, Channel
from digest.services.installation.doctor.check_result import CheckResult, error, unchecked
from digest.services.issues.approve import approve_issue
from digest.services.issues.compose import compose_issue
from digest.services.preflight import network as asking_network
from digest.services.preflight.check import check_issue, override_error
from digest.services.preflight.gate import PreflightFailed
from previews.preflight.finding import Finding
from previews.preflight.links import fetching, online
from previews.preflight.links.addresses import Link
from schedules.states import Approval
from tests.readers import EDITOR


@pytest.fixture
def database() -> str:
    return "sqlite"


@pytest.fixture(autouse=True)
async def draft(app: App, add_news: Callable[..., Awaitable[None]]) -> None:
    await add_news(("Alpha", "Beta"))
    await compose_issue(app, EDITOR, "weekly")


def asking(app: App, seconds: float = 5) -> App:
    changed = app.settings.model_copy(update={"approval_network_seconds": seconds})
    return replace(app, settings=changed)


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Answers for links and DNS; the addresses that were asked."""

    def answers(
        dead: str = "nothing", gone: Collection[str] = (), dns: tuple[CheckResult, ...] = ()
    ) -> list[str]:
        asked: list[str] = []

        async def follow(links: Iterable[Link], **_: float) -> list[Finding]:
            found = list(links)
            asked.extend(link.address for link in found)
            return [
                online.DEAD.found(link.address, link.place)
                for link in found
                if dead in link.address or link.address in gone
            ]

        async def check_dns(*_: object) -> list[CheckResult]:
            return list(dns)

        monkeypatch.setattr(asking_network, "follow_links", follow)
        monkeypatch.setattr(asking_network, "check_dns", check_dns)
        return asked

    return answers


async def test_an_approval_asks_no_network_unless_set(
    app: App, network: Callable[..., list[str]]
) -> None:
    asked = network(dead="alpha")
    approved = await approve_issue(app, EDITOR, 1)
    assert (asked, approved.not_checked) == ([], [])


async def test_a_dead_link_stops_an_approval_that_asks(
    app: App, network: Callable[..., list[str]]
) -> None:
    asked = network(dead="alpha")
    with pytest.raises(PreflightFailed, match=r"LNK-030.*`digest issues check 1 --links` explains"):
        await approve_issue(asking(app), EDITOR, 1)
    assert len(asked) == len(set(asked))
    assert not any("unsubscribe" in address for address in asked)
    assert f"{app.settings.public_url}/issues/1" not in asked


async def test_what_the_network_forbids_can_be_let_pass(
    app: App, network: Callable[..., list[str]]
) -> None:
    network(dns=(error("SPF", "there is none"),))
    with pytest.raises(PreflightFailed, match="DLV-010"):
        await approve_issue(asking(app), EDITOR, 1)
    await override_error(
        app, Actor(Channel.COMMAND_LINE, "Ann"), 1, "DLV-010", reason="published an hour ago"
    )
    assert await approve_issue(asking(app), EDITOR, 1)


async def test_a_link_that_dies_later_is_not_let_pass_with_the_one_that_was_looked_at(
    app: App, network: Callable[..., list[str]]
) -> None:
    asked = network()
    await check_issue(app, 1, links=True)
    first, second = sorted(asked)[:2]
    network(gone=[first])
    await override_error(
        app, Actor(Channel.COMMAND_LINE, "Ann"), 1, "LNK-030", reason="it is back tomorrow"
    )
    network(gone=[first, second])
    blocking = (await check_issue(app, 1, links=True)).blocking
    assert [(found.code, found.detail) for found in blocking] == [("LNK-030", second)]
    with pytest.raises(PreflightFailed, match=f"LNK-030 {second}"):
        await approve_issue(asking(app), EDITOR, 1)
    await override_error(
        app, Actor(Channel.COMMAND_LINE, "Ben"), 1, "LNK-030", reason="so is this one"
    )
    async with app.store.read() as session:
        kept = await session.exec(select(IssueOverride).order_by(col(IssueOverride.id)))
    assert [(row.by, row.details) for row in kept] == [("Ann", [first]), ("Ben", [second])]
    assert await approve_issue(asking(app), EDITOR, 1)


async def test_of_what_was_let_pass_less_may_be_found_later(
    app: App, network: Callable[..., list[str]]
) -> None:
    network(dead="https://")
    await override_error(
        app, Actor(Channel.COMMAND_LINE, "Ann"), 1, "LNK-030", reason="the site is down"
    )
    network(dead="alpha")
    assert await approve_issue(asking(app), EDITOR, 1)


async def test_a_network_that_does_not_answer_is_reported_and_stops_nothing(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = asyncio.Event()

    async def resolve(*_: object) -> list[str]:
        await never.wait()
        return []

    async def exists(*_: object) -> bool:
        return await never.wait()

    monkeypatch.setattr(fetching, "resolve", resolve)
    monkeypatch.setattr(DnsClient, "exists", exists)
    began = time.monotonic()
    approved = await approve_issue(asking(app, 0.2), EDITOR, 1)
    assert time.monotonic() - began < 30  # it never answers; machines are slow
    codes = {line.split()[0] for line in approved.not_checked}
    assert codes == {"LNK-033", "DLV-012"}
    assert all("no answer in time" in line for line in approved.not_checked)


async def test_an_automatic_approval_writes_down_what_was_not_answered(
    app: App,
    network: Callable[..., list[str]],
    set_edition: Callable[..., Awaitable[None]],
) -> None:
    network(dns=(unchecked("DNS", "no server answers"),))
    await set_edition(approval=Approval.AUTOMATIC)
    with capture_logs() as lines:
        await compose_issue(asking(app), EDITOR, "weekly")
    told: list[Any] = [line for line in lines if line["event"] == "not checked"]
    assert [(line["issue"], line["code"]) for line in told] == [(1, "DLV-012")]


async def test_a_check_asks_when_asked_to(app: App, network: Callable[..., list[str]]) -> None:
    network(dead="alpha")
    assert "LNK-030" not in {f.code for f in (await check_issue(app, 1)).findings}
    checked = await check_issue(app, 1, links=True)
    assert "LNK-030" in {finding.code for finding in checked.blocking}
