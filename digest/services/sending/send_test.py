"""Test mails: an issue as a reader would get it, sent to somebody else, with links that do nothing.

A test is a mailing like any other and so on record, but of no issue: nobody counts it.
"""

from dataclasses import replace
from datetime import timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.ledger.mailings import open_mailing
from digest.delivery.payloads import TestPayload
from digest.delivery.states import MailingKind, Route
from digest.delivery.tables import Mailing
from digest.errors import NotFound, Refused, UsageError
from digest.issues.lookup import get_issue
from digest.issues.tables import Issue
from digest.rendering.issue import ALL, WEB
from digest.rendering.message.compiled import CompiledMessage
from digest.services.issues.drafts import compile_version, compiled_issue, edition_of, read_version
from digest.services.preflight.gate import StillChanging
from digest.services.site import letter_route, new_message_id_key, site_of
from digest.store import Queue
from subscribers.address import EmailAddress
from subscribers.readers import find
from subscribers.tables import Subscriber

LIFETIME = timedelta(hours=2)
MARK = "[TEST]"
MOST_LOOKS = 4


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
    parsed = [EmailAddress.parse(text) for text in addresses]
    recipients = {address.normalised: address.wire for address in parsed}
    if not recipients:
        raise UsageError("a test needs an address to go to: --to you@example.org")
    for _ in range(MOST_LOOKS):
        async with app.store.read() as session:
            found = await read_version(app, session, await get_issue(session, number))
        frozen = await compile_version(found)  # takes a while, so nothing is locked meanwhile
        mails = [key for key in frozen.variants if key != WEB]
        if variant not in mails:
            raise UsageError(f"no mail has the variant {variant!r}; there are {', '.join(mails)}")
        async with app.store.write(Queue.EDITING) as session:
            issue = await get_issue(session, number)
            if (await read_version(app, session, issue)).manifest != found.manifest:
                continue
            reader_id = await _reader_id(session, app, reader) if reader else None
            payload = TestPayload(
                issue=number, variant=variant, hash=frozen.hash, reader_id=reader_id
            )
            route = Route.INBOX if to_inbox else letter_route(app.settings)
            return await _queued(session, app, issue, payload, route, [*recipients.values()])
    raise StillChanging(number, "compiled")


async def _queued(
    session: AsyncSession,
    app: App,
    issue: Issue,
    payload: TestPayload,
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
            payload=payload.stored(),
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


async def compiled_test(app: App, session: AsyncSession, mailing: Mailing) -> CompiledMessage:
    """What a test mailing sends: the issue's variant it was asked for, marked in the subject.

    Raises `Refused` where the issue is another one by now: the hash on record would not be
    that of what was sent.
    """
    test = TestPayload.of(mailing)
    frozen = await compiled_issue(app, session, test.issue)
    if frozen.hash != test.hash:
        raise Refused(
            f"issue {test.issue} was changed since this test was asked for; "
            f"`digest issues test {test.issue}` sends it as it is now"
        )
    compiled = frozen.variants[test.variant]
    marked = replace(compiled, subject=f"{MARK} {compiled.subject}")
    if test.reader_id is None:
        return marked
    reader = await session.get(Subscriber, test.reader_id)
    if reader is None or reader.address is None:
        raise Refused("the reader whose mail this test was to be is gone")
    return marked.prefilled(address=reader.address)
