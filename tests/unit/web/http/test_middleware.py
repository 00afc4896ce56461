"""The middleware that every request passes."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from digest.web.http.middleware import BodyLimit, DefaultHeaders, HeadAsGet


async def echo(request: Request) -> Response:
    body = await request.body()
    return PlainTextResponse(
        f"{request.method} {len(body)}", headers={"X-Own": "mine", "Content-Length-Seen": "1"}
    )


def refusal() -> Response:
    return PlainTextResponse("too long", 413)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    inner = Starlette(routes=[Route("/", echo, methods=["GET", "POST"])])
    app: ASGIApp = BodyLimit(inner, refusal, limit=10)
    app = DefaultHeaders(HeadAsGet(app), {"X-Own": "default", "X-Other": "default"})
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://test"
    ) as client:
        yield client


async def pieces(*sizes: int) -> AsyncIterator[bytes]:
    for size in sizes:
        yield b"x" * size


async def test_a_body_within_the_limit_arrives_whole(client: httpx.AsyncClient) -> None:
    assert (await client.post("/", content=b"x" * 10)).text == "POST 10"
    assert (await client.post("/", content=pieces(4, 6))).text == "POST 10"


async def test_a_declared_body_over_the_limit_is_refused_unread(client: httpx.AsyncClient) -> None:
    response = await client.post("/", content=pieces(), headers={"Content-Length": "11"})
    assert response.status_code == 413
    assert response.headers["Connection"] == "close"


async def test_reading_stops_at_the_limit_where_no_length_is_declared() -> None:
    read = 0

    async def endless() -> dict[str, object]:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b"x" * 4, "more_body": True}

    async def send(message: object) -> None:
        sent.append(message)

    sent: list[object] = []
    scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    await BodyLimit(echo, refusal, limit=10)(scope, endless, send)  # type: ignore[arg-type]
    assert read == 3
    assert sent[0]["status"] == 413  # type: ignore[index]


@pytest.mark.parametrize("length", ["-1", "1e9", "٣", "", "x"])
async def test_a_length_that_is_not_a_number_is_not_accepted(
    client: httpx.AsyncClient, length: str
) -> None:
    request = client.build_request("POST", "/", content=pieces(11))
    request.headers["Content-Length"] = length
    assert (await client.send(request)).status_code == 413


async def test_headers_are_added_but_never_replaced(client: httpx.AsyncClient) -> None:
    headers = (await client.get("/")).headers
    assert (headers["X-Own"], headers["X-Other"]) == ("mine", "default")


async def test_head_is_get_without_the_body(client: httpx.AsyncClient) -> None:
    get, head = await client.get("/"), await client.head("/")
    assert get.text == "GET 0"
    assert head.content == b""
    assert head.headers == get.headers
