"""The bytes for one reader: their links, a signed return path, a valid signature."""

from collections.abc import Awaitable, Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import cast

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from digest.app import App
from digest.delivery.ledger.claims import Claim
from digest.delivery.ports import MessageRefused, Outgoing
from digest.delivery.states import Route
from digest.rendering.message.dkim import read_keys
from digest.services.issues.approve import approve_issue
from digest.services.issues.compose import compose_issue
from digest.services.sending import start
from digest.services.sending.messages import MessageWriter
from subscribers.links import read_return_path_tag, read_unsubscribe_token
from tests.readers import EDITOR, sign_up
from tests.unit.services.conftest import Clock
from tests.workers import ledger_at

AddReaders = Callable[[int], Awaitable[list[int]]]
AddNews = Callable[..., Awaitable[None]]


async def claims(app: App) -> list[Claim]:
    return await ledger_at(app.store, "w").claim([Route.RELAY], 10, app.clock())


async def written(app: App, claim: Claim, writer: MessageWriter | None = None) -> Outgoing:
    return await (writer or MessageWriter(app)).compose(claim, app.clock())


def parsed(message: Outgoing) -> EmailMessage:
    return cast(EmailMessage, message_from_bytes(message.data, policy=default))


@pytest.fixture
async def being_sent(app: App, add_readers: AddReaders, add_news: AddNews) -> None:
    await add_readers(2)
    await add_news(("Alpha", "Beta"))
    await compose_issue(app, EDITOR, "weekly")
    await approve_issue(app, EDITOR, 1)
    await start.send_issue(app, EDITOR, 1)


@pytest.mark.usefixtures("being_sent")
async def test_each_reader_gets_their_own_links_and_nobody_else_s(app: App) -> None:
    for claim in await claims(app):
        message = parsed(await written(app, claim))
        uri = message["List-Unsubscribe"].strip(" <>")
        assert uri.startswith("https://digest.example.org/unsubscribe/")
        token = uri.rpartition("/")[2]
        assert read_unsubscribe_token(app.keyring, token) == (claim.subscriber_id, "weekly")
        html = message.get_body(("html",))
        text = message.get_body(("plain",))
        assert html
        assert text
        assert uri in html.get_content()
        assert uri in text.get_content()
        assert message["To"] == claim.address
        assert message["Message-ID"] == claim.message_id


@pytest.mark.usefixtures("being_sent")
async def test_the_return_path_names_the_delivery_and_cannot_be_forged(app: App) -> None:
    claim, *_ = await claims(app)
    message = await written(app, claim)
    local, _, domain = message.return_path.partition("@")
    assert domain == "news.example.org"
    tag = local.removeprefix("bounces+")
    assert read_return_path_tag(app.keyring, tag) == claim.delivery_id


@pytest.mark.usefixtures("being_sent")
async def test_the_same_try_again_has_the_same_message_id_and_body(app: App, clock: Clock) -> None:
    claim, *_ = await claims(app)
    first = parsed(await written(app, claim))
    clock.forward(hours=1)
    second = parsed(await written(app, claim))
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] != second["Date"]
    assert first.get_payload() is not second.get_payload()
    assert [part.as_bytes() for part in first.iter_parts()] == [
        part.as_bytes() for part in second.iter_parts()
    ]


@pytest.mark.usefixtures("being_sent")
async def test_what_leaves_is_signed_for_the_sender_s_domain(
    app: App, tmp_path: Path, clock: Clock
) -> None:
    clock.at = clock.at.replace(year=2024)  # dkimpy refuses what lies ahead of its own clock
    path = tmp_path / "key.pem"
    path.write_bytes(
        rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    keys = read_keys(f"jan:{path}")
    claim, *_ = await claims(app)
    data = (await written(app, claim, MessageWriter(app, keys))).data
    published = {b"jan._domainkey.news.example.org.": keys[0].record().encode()}
    assert dkim.verify(data, dnsfunc=lambda name, **_: published.get(name))
    assert not dkim.verify(
        data.replace(b"Alpha", b"Omega"), dnsfunc=lambda name, **_: published.get(name)
    )


async def test_a_confirmation_carries_its_link_and_no_list_headers(app: App) -> None:
    await sign_up(app, "ada@example.org")
    [claim] = await claims(app)
    message = parsed(await written(app, claim))
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] is None
    text = message.get_body(("plain",))
    assert text
    assert "https://digest.example.org/confirm/" in text.get_content()


async def test_an_erased_address_is_refused_and_does_not_stop_the_others(app: App) -> None:
    await sign_up(app, "ada@example.org")
    [claim] = await claims(app)
    with pytest.raises(MessageRefused, match=r"5\.1\.3"):
        await written(app, claim._replace(address="erased-7"))
