"""The front page and signing up: every valid address gets the same answer."""

import asyncio
from dataclasses import replace

import httpx
import pytest
from sqlmodel import select

from digest.app import App
from digest.delivery.tables import Delivery
from digest.services.readers.signup import work_off_signups
from digest.services.readers.signup_report import signup_report
from digest.web.public.site import build_public
from schedules.tables import Edition
from subscribers.tables import ConsentEvent, SignupRequest, Subscriber
from tests.unit.web.conftest import Dump, Reader, SignUp


async def post(client: httpx.AsyncClient, address: str, **fields: str) -> httpx.Response:
    return await client.post("/signup", data={"address": address, "edition": "weekly", **fields})


async def test_the_front_page_shows_the_form_and_the_newest_verdicts(
    client: httpx.AsyncClient, comparison: str
) -> None:
    page = await client.get("/")
    assert page.status_code == 200
    assert '<form class="signup" method="post" action="/signup">' in page.text
    assert f'href="/compare/{comparison}"' in page.text
    assert '<span class="badge ship">SHIP</span>' in page.text
    assert '<span class="badge no_take">NO TAKE</span>' in page.text


async def test_the_front_page_of_an_empty_installation_says_what_is_coming(
    client: httpx.AsyncClient,
) -> None:
    assert "The first comparisons are on their way" in (await client.get("/")).text


async def test_signing_up_writes_a_reader_their_consent_and_a_confirmation_delivery(
    client: httpx.AsyncClient, app: App
) -> None:
    answer = await post(client, " Ann@Example.org ", source="comparison page")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/signup/sent"
    await work_off_signups(app)
    async with app.store.read() as session:
        assert [row.normalised for row in await session.exec(select(Subscriber))] == [
            "ann@example.org"
        ]
        (event,) = await session.exec(select(ConsentEvent))
        assert event.source == "web form, comparison page"
        assert len(list(await session.exec(select(Delivery)))) == 1


async def test_the_answer_is_the_same_for_every_valid_address(
    client: httpx.AsyncClient, app: App, reader: Reader
) -> None:
    answers = [
        await post(client, "new@example.org"),
        await post(client, "new@example.org"),
        await post(client, "ann@example.org"),
        await post(client, "ANN@example.org"),
        await post(client, "ann@bücher.example"),
        await post(client, "bot@example.org", topic="cheap watches"),
    ]
    first = answers[0]
    assert "Check your inbox." in first.text
    assert {(a.status_code, a.text, str(sorted(a.headers.items()))) for a in answers} == {
        (303, first.text, str(sorted(first.headers.items())))
    }
    followed = await client.get(first.headers["Location"])
    assert (followed.status_code, "Check your inbox." in followed.text) == (200, True)


async def test_a_double_submit_asks_for_one_mail_only(client: httpx.AsyncClient, app: App) -> None:
    await asyncio.gather(*(post(client, "ann@example.org") for _ in range(8)))
    await work_off_signups(app)
    async with app.store.read() as session:
        assert len(list(await session.exec(select(Delivery)))) == 1


async def test_a_sign_up_with_the_hidden_field_filled_in_writes_nothing(
    client: httpx.AsyncClient, dump: Dump
) -> None:
    before = await dump()
    await post(client, "bot@example.org", topic="x")
    assert await dump() == before


@pytest.mark.parametrize(
    "address",
    [
        "",
        " ",
        "ann",
        "@",
        "ann@",
        "@example.org",
        '"ann smith"@example.org',
        "ann@example.org\r\nBcc: all@example.org",
        "ann\r\n@example.org",
        "ann\0@example.org",
        "😀@example.org",
        "ann@exa mple.org",
        "Ann <ann@example.org>",
        "ann@example.org, bob@example.org",
        "a" * 65 + "@example.org",
        "ann@" + "a." * 200 + "org",
        "x" * 50_000 + "@example.org",
        "<script>alert(1)</script>",
    ],
)
async def test_an_invalid_address_gets_an_error_and_stays_in_the_field(
    client: httpx.AsyncClient, dump: Dump, address: str
) -> None:
    before = await dump()
    page = await post(client, address)
    assert page.status_code == 422
    assert "That doesn&#39;t look like an email address. It " in page.text
    assert 'aria-invalid="true"' in page.text
    assert "<script" not in page.text
    assert len(page.text) < 20_000
    assert await dump() == before


async def test_the_text_that_stays_in_the_field_is_escaped(client: httpx.AsyncClient) -> None:
    assert 'value="a&#34; onfocus=x"' in (await post(client, 'a" onfocus=x')).text


@pytest.mark.parametrize("data", [{}, {"edition": "weekly"}, {"address": ""}])
async def test_a_form_without_an_address_gets_an_error(
    client: httpx.AsyncClient, data: dict[str, str]
) -> None:
    assert (await client.post("/signup", data=data)).status_code == 422


async def test_an_unknown_edition_in_the_form_is_taken_for_the_first(
    client: httpx.AsyncClient, app: App
) -> None:
    assert (await post(client, "ann@example.org", edition="../evil")).status_code == 303
    await work_off_signups(app)
    async with app.store.read() as session:
        (event,) = await session.exec(select(ConsentEvent))
        assert event.edition == "weekly"


async def test_ten_megabytes_are_refused_early(client: httpx.AsyncClient, dump: Dump) -> None:
    before = await dump()
    page = await client.post("/signup", content=b"address=" + b"x" * 10_000_000)
    assert page.status_code == 413
    assert "That is too long" in page.text
    assert await dump() == before


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
        (b"address=%ff%fe%00", "application/x-www-form-urlencoded"),
        (b"not multipart at all", "multipart/form-data; boundary=x"),
        (b"--x\r\nno headers", "multipart/form-data"),
        (b'{"address": "ann@example.org"}', "application/json"),
        (b"a=1&" * 5_000, "application/x-www-form-urlencoded"),
        (
            b'--x\r\nContent-Disposition: form-data; name="address"; filename="f"\r\n\r\nx\r\n--x--',  # noqa: E501
            "multipart/form-data; boundary=x",
        ),
    ],
)
async def test_a_body_that_is_not_a_form_gets_a_page(
    client: httpx.AsyncClient, content: bytes, content_type: str
) -> None:
    page = await client.post("/signup", content=content, headers={"Content-Type": content_type})
    assert page.status_code in (400, 422)
    assert "<h1>" in page.text
    assert "Traceback" not in page.text


async def test_too_many_sign_ups_from_one_network_get_a_retry_time(
    app: App, sign_up: SignUp
) -> None:
    transport = httpx.ASGITransport(app=build_public(app, signup_rate="2/hour"))
    async with httpx.AsyncClient(transport=transport, base_url="https://t") as client:
        answers = [await post(client, f"reader{n}@example.org") for n in range(3)]
    assert [answer.status_code for answer in answers] == [303, 303, 429]
    assert answers[2].headers["Retry-After"] == "3600"
    assert "Too many tries" in answers[2].text


async def test_without_an_edition_sign_up_is_not_open_yet(app: App) -> None:
    transport = httpx.ASGITransport(app=build_public(app))
    async with httpx.AsyncClient(transport=transport, base_url="https://t") as client:
        assert (await post(client, "ann@example.org")).status_code == 503
        assert (await client.get("/")).status_code == 200


ELSEWHERE: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://evil.example"},
]
HERE: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://digest.example.org"},
    {"Sec-Fetch-Site": "same-site", "Origin": "https://www.example.org"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    {"Origin": "https://digest.example.org"},
    {"Origin": "null"},
    {},
]


async def waiting(app: App) -> int:
    async with app.store.read() as session:
        return len((await session.exec(select(SignupRequest))).all())


@pytest.mark.parametrize("headers", ELSEWHERE)
async def test_a_form_on_another_site_signs_nobody_up(
    client: httpx.AsyncClient, app: App, headers: dict[str, str]
) -> None:
    answer = await client.post("/signup", data={"address": "ann@example.org"}, headers=headers)
    assert answer.status_code == 403
    assert "Sign up on our own page" in answer.text
    assert await waiting(app) == 0


@pytest.mark.parametrize("headers", HERE)
async def test_our_own_form_and_programs_sign_up(
    client: httpx.AsyncClient, app: App, headers: dict[str, str]
) -> None:
    answer = await client.post("/signup", data={"address": "ann@example.org"}, headers=headers)
    assert answer.status_code == 303
    assert await waiting(app) == 1


async def test_a_site_that_is_listed_may_hold_the_form(app: App, weekly: Edition) -> None:
    listed = "https://friends.example, https://www.partner.example/"
    settings = app.settings.model_copy(update={"signup_origins": listed})
    transport = httpx.ASGITransport(app=build_public(replace(app, settings=settings)))
    async with httpx.AsyncClient(transport=transport, base_url="https://t") as client:
        for origin, status in (
            ("https://www.partner.example", 303),
            ("https://partner.example", 403),
            ("https://evil.example", 403),
        ):
            headers = {"Sec-Fetch-Site": "cross-site", "Origin": origin}
            data = {"address": "ann@example.org"}
            assert (await client.post("/signup", data=data, headers=headers)).status_code == status


async def test_refusals_are_counted_once_an_hour_for_each_network(
    app: App, weekly: Edition
) -> None:
    transport = httpx.ASGITransport(app=build_public(app, signup_rate="1/hour"))
    async with httpx.AsyncClient(transport=transport, base_url="https://t") as client:
        for _ in range(5):
            await post(client, "ann@example.org")
    assert (await signup_report(app)).outcomes == {"refused: too many from one network": 1}
