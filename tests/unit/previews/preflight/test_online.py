"""Links on the network: only public addresses get requests, and each answer has its code."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from previews.preflight.finding import FindingPlace
from previews.preflight.links import fetching, online
from previews.preflight.links.addresses import Link
from previews.preflight.links.fetching import Fetcher, Offline, PrivateAddress, Unreachable

Follow = Callable[..., Awaitable[list[tuple[str, str]]]]
LOCAL = frozenset({"127.0.0.1"})
PAGES = {
    "/there": "200 OK",
    "/gone": "404 Not Found",
    "/broken": "500 Oh",
    "/robots": "403 Forbidden",
    "/moved": "301 Moved\r\nLocation: /there",
    "/round": "302 Found\r\nLocation: /round",
    "/inside": "302 Found\r\nLocation: http://inside.example/",
    "/umlaut": "301 Moved\r\nLocation: /Zürich",
    "/odd": "302 Found\r\nLocation: http://[",
    "/odd-port": "302 Found\r\nLocation: http://site.example:99999/",
    "/mail": "302 Found\r\nLocation: mailto:ann@site.example",
}


@pytest.fixture
async def asked() -> list[str]:
    return []


@pytest.fixture
async def site(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """A web server at site.example, which is on loopback; inside.example is in 10.0.0.0/8."""

    over = asyncio.Event()
    handling: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        handling.append(task)
        method, path, _ = (await reader.readline()).decode().split()
        asked.append(f"{method} {path}")
        while (await reader.readline()).strip():
            pass
        answer = PAGES.get(path, "200 OK")
        if path == "/no-head":
            answer = "405 No" if method == "HEAD" else "200 OK"
        if path == "/silent":
            await over.wait()
        writer.write(
            f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
        )
        with suppress(ConnectionError):
            await writer.drain()
            writer.close()
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    async def resolve(host: str, *_: object) -> list[str]:
        names = {
            "site.example": ["127.0.0.1"],
            "xn--strae-oqa.example": ["127.0.0.1"],
            "inside.example": ["10.0.0.7"],
        }
        if host == "offline.example":
            raise Offline("no name server answers")
        if host not in names:
            raise Unreachable(f"{host} does not exist")
        return names[host]

    monkeypatch.setattr(fetching, "resolve", resolve)
    monkeypatch.setattr(fetching, "SECONDS", 0.5)
    yield f"http://site.example:{port}"
    over.set()
    await asyncio.gather(*handling)
    server.close()
    await server.wait_closed()


@pytest.fixture
def codes(site: str) -> Follow:
    async def of(*addresses: str) -> list[tuple[str, str]]:
        links = [
            Link(address.replace("SITE", site), FindingPlace("html"), "") for address in addresses
        ]
        return [(f.code, f.detail) for f in await online.follow_links(links, Fetcher(LOCAL))]

    return of


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("SITE/gone", "LNK-030"),
        ("SITE/broken", "LNK-030"),
        ("http://nowhere.example/", "LNK-030"),
        ("SITE/moved", "LNK-031"),
        ("http://inside.example/", "LNK-032"),
        ("SITE/inside", "LNK-032"),
        ("SITE/robots", "LNK-033"),
        ("SITE/silent", "LNK-033"),
        ("http://offline.example/", "LNK-033"),
        ("SITE/round", "LNK-034"),
        ("SITE/odd", "LNK-033"),
        ("SITE/odd-port", "LNK-033"),
        ("SITE/mail", "LNK-033"),
        (f"http://{'ü' * 64}.example/", "LNK-033"),
    ],
)
async def test_each_answer_of_the_network_has_its_code(
    codes: Follow, address: str, code: str
) -> None:
    found = await codes(address)
    assert [found_code for found_code, _ in found] == [code]


async def test_a_page_that_exists_has_no_finding(codes: Follow, asked: list[str]) -> None:
    assert await codes("SITE/there") == []
    assert asked == ["HEAD /there"]


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("SITE/Zürich?é=ü#ö", "/Z%C3%BCrich?%C3%A9=%C3%BC"),
        ("SITE/100%25/a b", "/100%25/a%20b"),
        ("SITE?q", "/?q"),
    ],
)
async def test_an_address_is_requested_in_ascii(
    codes: Follow, asked: list[str], address: str, path: str
) -> None:
    assert await codes(address) == []
    assert asked == [f"HEAD {path}"]


async def test_a_host_outside_ascii_is_requested_under_its_dns_name(
    codes: Follow, site: str, asked: list[str]
) -> None:
    assert await codes(f"{site.replace('site', 'straße')}/there") == []
    assert asked == ["HEAD /there"]


async def test_a_redirect_in_utf_8_is_followed(codes: Follow, asked: list[str]) -> None:
    assert [code for code, _ in await codes("SITE/umlaut")] == ["LNK-031"]
    assert asked[-1] == "HEAD /Z%C3%BCrich"


async def test_one_invalid_redirect_hides_no_other_link(codes: Follow) -> None:
    assert {code for code, _ in await codes("SITE/odd", "SITE/gone")} == {"LNK-033", "LNK-030"}


async def test_slow_name_servers_delay_only_the_links(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def getaddrinfo(*_: object, **__: object) -> list[object]:
        answered.wait(10)
        raise socket.gaierror(socket.EAI_AGAIN, "no answer")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    links = [Link(f"https://{n}.example/", FindingPlace("html"), "") for n in range(12)]
    following = asyncio.create_task(online.follow_links(links, seconds=5))
    await asyncio.sleep(0.05)
    try:
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "compiled"), 2) == "compiled"
    finally:
        answered.set()
    assert {finding.code for finding in await following} == {"LNK-033"}


async def test_where_head_is_refused_get_decides(codes: Follow, asked: list[str]) -> None:
    assert await codes("SITE/no-head") == []
    assert asked == ["HEAD /no-head", "GET /no-head"]


async def test_each_address_is_requested_once(codes: Follow, asked: list[str]) -> None:
    await codes("SITE/there", "SITE/there")
    assert len(asked) == 1


async def test_a_redirect_is_shown_with_its_target(codes: Follow, site: str) -> None:
    [(_, detail)] = await codes("SITE/moved")
    assert detail == f"{site}/moved → {site}/there"


async def test_this_machine_gets_no_request_unless_allowed(site: str, asked: list[str]) -> None:
    fetcher = Fetcher()
    with pytest.raises(PrivateAddress):
        await fetcher.ask("GET", f"{site}/there")
    await fetcher.close()
    assert asked == []


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1/", "http://[::1]/", "http://localhost/", "http://169.254.1.1/"]
)
async def test_a_link_to_this_machine_is_left_to_the_offline_checks(address: str) -> None:
    assert await online.follow_links([Link(address, FindingPlace("html"), "")]) == []
