"""Test mails: an issue as a reader would get it, sent to other addresses, with inert links.

A test is a mailing like any other, so it is on record; but it belongs to no issue, and no
count includes it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.ledger.mailings import open_mailing
from digest.delivery.payloads import READER_KEY, TestPayload
from digest.delivery.states import DeliveryState, MailingKind, Route
from digest.delivery.tables import Delivery, Mailing
from digest.errors import NotFound, Refused, UsageError
from digest.issues.lookup import get_issue
from digest.issues.tables import Issue
from digest.rendering.issue import ALL, WEB
from digest.rendering.message.compiled import CompiledMessage
from digest.services.actor import Actor
from digest.services.issues.drafts import compile_version, compiled_issue, edition_of, read_version
from digest.services.preflight.gate import StillChanging
from digest.services.result import Result
from digest.services.sender_details import new_message_id_key, site_of, transactional_route
from digest.store import Queue
from subscribers.address import EmailAddress
from subscribers.errors import InvalidMailbox
from subscribers.mailbox import Mailbox
from subscribers.readers import find
from subscribers.tables import Subscriber

LIFETIME = timedelta(hours=2)
MARK = "[TEST]"
MOST_LOOKS = 4
MOST_LISTED = 20
ERASED = "an erased reader"

log = structlog.get_logger("digest.issues")


class QueuedTest(Result):
    """The mailing of a test, which a worker now sends."""

    number: int
    mailing_id: int
    hash: str


class SentTest(Result):
    """One test mail. `reader`: whose mail it shows. `hash`: the issue's when it was requested.

    If the issue has another hash by the time of sending, nothing is sent. `reason` is the
    last reply, or why it was not sent, if there is one.
    """

    at: datetime
    to: str
    reader: str | None
    variant: str
    hash: str
    state: DeliveryState
    reason: str | None


async def send_test(
    app: App,
    actor: Actor,
    number: int,
    addresses: list[str],
    *,
    reader: str | None = None,
    variant: str = ALL,
    to_inbox: bool = False,
) -> QueuedTest:
    """Queue the issue as it stands for some addresses.

    `reader` is the address of the reader whose mail it shows; the mail goes to `addresses`
    all the same. Raises `UsageError`, `NotFound`, `TemplateError`.
    """
    recipients = _recipients(addresses)
    for _ in range(MOST_LOOKS):
        async with app.store.read() as session:
            found = await read_version(app, session, await get_issue(session, number))
        compiled = await compile_version(found)  # takes a while, so nothing is locked meanwhile
        mails = [key for key in compiled.variants if key != WEB]
        if variant not in mails:
            raise UsageError(f"no mail has the variant {variant!r}; there are {', '.join(mails)}")
        async with app.store.write(Queue.EDITING) as session:
            issue = await get_issue(session, number)
            if (await read_version(app, session, issue)).manifest != found.manifest:
                continue  # edited while it was compiled: its hash would be wrong
            reader_id = await _reader_id(session, app, reader) if reader else None
            test = TestPayload(
                issue=number, variant=variant, hash=compiled.hash, reader_id=reader_id
            )
            route = Route.INBOX if to_inbox else transactional_route(app.settings)
            mailing_id = await _queue(session, app, issue, test, route, [*recipients.values()])
        log.info("test requested", issue=number, mailing=mailing_id, by=str(actor))
        return QueuedTest(number=number, mailing_id=mailing_id, hash=compiled.hash)
    raise StillChanging(number, "compiled")


async def list_tests(app: App, number: int) -> list[SentTest]:
    """The last tests of an issue, newest first, at most `MOST_LISTED`. Raises `NotFound`."""
    async with app.store.read() as session:
        return await tests_of(session, await get_issue(session, number))


async def tests_of(session: AsyncSession, issue: Issue) -> list[SentTest]:
    """As `list_tests`, for services that have a session."""
    rows = await session.exec(
        select(Mailing, Delivery, Subscriber)
        .join(Delivery, col(Delivery.mailing_id) == col(Mailing.id))
        .outerjoin(Subscriber, col(Subscriber.id) == _number_in_payload(READER_KEY))
        .where(
            # Along an index, or years of transactional messages would be read.
            col(Mailing.created_at) >= issue.created_at,
            col(Mailing.kind) == MailingKind.TEST,
            _number_in_payload("issue") == issue.number,
        )
        .order_by(col(Mailing.created_at).desc(), col(Delivery.id).desc())
        .limit(MOST_LISTED)
    )
    return [
        SentTest(
            at=mailing.created_at,
            to=delivery.address,
            reader=_reader_of(test, reader),
            variant=test.variant,
            hash=test.hash,
            state=DeliveryState(delivery.state),
            reason=delivery.reason,
        )
        for mailing, delivery, reader in rows.all()
        for test in (TestPayload.of(mailing),)
    ]


async def compiled_test(app: App, session: AsyncSession, mailing: Mailing) -> CompiledMessage:
    """The message of a test mailing: the requested variant, marked in the subject.

    Raises `Refused` if the issue was changed since: the hash on record would not be that of
    what is sent.
    """
    test = TestPayload.of(mailing)
    issue = await compiled_issue(app, session, test.issue)
    if issue.hash != test.hash:
        raise Refused(
            f"issue {test.issue} was changed since this test was requested; "
            f"`digest issues test {test.issue}` sends it as it is now"
        )
    compiled = issue.variants[test.variant]
    marked = replace(compiled, subject=f"{MARK} {compiled.subject}")
    if test.reader_id is None:
        return marked
    reader = await session.get(Subscriber, test.reader_id)
    if reader is None or reader.address is None:
        raise Refused("the reader whose mail this test shows was erased")
    return marked.prefilled(address=reader.address)


def _recipients(texts: Sequence[str]) -> dict[str, str]:
    """The addresses, each once, whatever its spelling."""
    try:
        found = [mailbox.address for text in texts for mailbox in Mailbox.parse_all(text)]
    except InvalidMailbox as error:
        raise UsageError(f"--to: {', '.join(texts)!r} {error}") from None
    if not found:
        raise UsageError("a test needs an address to go to: --to you@example.org")
    return {EmailAddress.parse(address).normalised: address for address in found}


async def _queue(
    session: AsyncSession,
    app: App,
    issue: Issue,
    test: TestPayload,
    route: Route,
    recipients: list[str],
) -> int:
    edition, now = await edition_of(session, issue), app.clock()
    mailing = await open_mailing(
        session,
        Mailing(
            kind=MailingKind.TEST,
            route=route,
            edition=edition.slug,
            payload=test.stored(),
            created_at=now,
            give_up_at=now + LIFETIME,
            message_id_key=new_message_id_key(site_of(app.settings, edition)),
        ),
        [(None, address) for address in recipients],
    )
    assert mailing.id is not None
    return mailing.id


async def _reader_id(session: AsyncSession, app: App, text: str) -> int:
    address = EmailAddress.parse(text)
    found = await find(session, app.keyring, address)
    if found is None or found.id is None or found.address is None:
        raise NotFound(f"{address.normalised} is not a reader; `digest readers list` has them")
    return found.id


def _number_in_payload(key: str) -> Any:
    """A number in the stored payload of a test, for conditions in SQL."""
    payload: Any = col(Mailing.payload)
    return payload[key].as_integer()


def _reader_of(test: TestPayload, reader: Subscriber | None) -> str | None:
    if test.reader_id is None:
        return None
    return (reader.address if reader else None) or ERASED
