"""Test mails: an issue as a reader would get it, sent to somebody else, with links that do nothing.

A test is a mailing like any other and so on record, but of no issue: nobody counts it.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.ledger.mailings import open_mailing
from digest.delivery.tables import Mailing, MailingKind, Route
from digest.errors import NotFound, Refused, UsageError
from digest.flows.drafts import draft_of, edition_of
from digest.flows.sites import letter_route, new_postmark, site_of
from digest.issues.lookup import get_issue
from digest.rendering.issue import ALL, WEB
from digest.rendering.message import CompiledMessage
from digest.store import Queue
from subscribers.address import EmailAddress
from subscribers.readers import find
from subscribers.tables import Subscriber

LIFETIME = timedelta(hours=2)
MARK = "[TEST]"
ISSUE, READER = "issue", "as"


async def send_test(
    app: App,
    number: int,
    addresses: list[str],
    *,
    reader: str | None = None,
    variant: str = ALL,
    to_inbox: bool = False,
) -> int:
    """Send the issue as it stands to some addresses; the mailing's id.

    `reader` is whose mail it is to be; the mail says her address where hers would, and
    goes to `addresses` all the same. Raises `UsageError`, `NotFound`, `TemplateError`.
    """
    now = app.clock()
    parsed = [EmailAddress.parse(text) for text in addresses]
    recipients = {address.normalised: address.wire for address in parsed}
    if not recipients:
        raise UsageError("a test needs an address to go to: --to you@example.org")
    async with app.store.write(Queue.EDITING) as session:
        issue = await get_issue(session, number)
        edition = await edition_of(session, issue)
        frozen = await draft_of(app, session, number)
        mails = [key for key in frozen.variants if key != WEB]
        if variant not in mails:
            raise UsageError(f"no mail has the variant {variant!r}; there are {', '.join(mails)}")
        payload: dict[str, Any] = {ISSUE: number, "variant": variant, "hash": frozen.hash}
        if reader:
            payload[READER] = await _reader_id(session, app, reader)
        mailing = await open_mailing(
            session,
            Mailing(
                kind=MailingKind.TEST,
                route=Route.INBOX if to_inbox else letter_route(app.settings),
                edition=edition.slug,
                payload=payload,
                created_at=now,
                give_up_at=now + LIFETIME,
                postmark=new_postmark(site_of(app.settings, edition)),
            ),
            [(None, address) for address in recipients.values()],
        )
        assert mailing.id is not None
        return mailing.id


async def _reader_id(session: AsyncSession, app: App, text: str) -> int:
    address = EmailAddress.parse(text)
    found = await find(session, app.keyring, address)
    if found is None or found.id is None or found.address is None:
        raise NotFound(f"{address.normalised} is not a reader; `digest readers list` has them")
    return found.id


async def compiled_test(app: App, session: AsyncSession, mailing: Mailing) -> CompiledMessage:
    """What a test mailing sends: the issue's variant as it stands now, marked in the subject."""
    payload = mailing.payload
    frozen = await draft_of(app, session, payload[ISSUE])
    compiled = frozen.variants[payload.get("variant", ALL)]
    marked = replace(compiled, subject=f"{MARK} {compiled.subject}")
    if READER not in payload:
        return marked
    reader = await session.get(Subscriber, payload[READER])
    if reader is None or reader.address is None:
        raise Refused("the reader whose mail this test was to be is gone")
    return marked.settled(address=reader.address)
