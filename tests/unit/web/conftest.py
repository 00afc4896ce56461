"""The real applications over a real database, and a reader who signed up through the flow."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date

import httpx
import pytest
from sqlmodel import select

from digest.app import App
from digest.catalogue.tables import Comparison, Persona, Review, Tool
from digest.issues.freezing import VARIANTS
from digest.issues.states import IssueState
from digest.issues.tables import CompiledVariant, Issue
from digest.rendering.content.issue_content import IssueContent
from digest.rendering.message.compiled import CompiledMessage
from digest.services.actor import Actor, Channel
from digest.services.readers.confirming import confirm_signup
from digest.store import Store
from digest.tables import metadata
from digest.web.desk.site import build_desk
from digest.web.public.site import build_public
from schedules.editions import create_default
from schedules.tables import Edition
from subscribers.links import preferences_token, unsubscribe_token
from subscribers.signup import raw_token
from subscribers.tables import ConfirmationToken, Subscriber
from tests import readers

SUBJECT = "A <b>ships</b> & B\x0b splits"
ISSUE_HTML = (
    "<!doctype html><html><head><style>@media (prefers-color-scheme: dark){p{color:#fff}}</style>"
    "</head><body><p>the issue</p><script>alert(1)</script></body></html>"
)

Dump = Callable[[], Awaitable[dict[str, list[tuple[object, ...]]]]]
SignUp = Callable[[str], Awaitable[str]]


@pytest.fixture
def database() -> str:
    """What a page shows does not depend on the database; the flows below are tried on both."""
    return "sqlite"


@pytest.fixture
async def weekly(app: App) -> Edition:
    async with app.store.write() as session:
        return await create_default(session, app.clock(), name=app.settings.site_name)


@pytest.fixture
async def client(app: App, weekly: Edition) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=build_public(app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=app.settings.public_url) as client:
        yield client


@pytest.fixture
async def desk(app: App, weekly: Edition) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=build_desk(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8001") as client:
        yield client


@pytest.fixture
def dump(store: Store) -> Dump:
    """Every row of every table."""

    async def dump() -> dict[str, list[tuple[object, ...]]]:
        async with store.engine.connect() as connection:
            return {
                table.name: [tuple(row) for row in await connection.execute(table.select())]
                for table in metadata.sorted_tables
            }

    return dump


@pytest.fixture
def sign_up(app: App, weekly: Edition) -> SignUp:
    """Ask for the weekly edition; the token of the link in the confirmation mail."""

    async def sign_up(address: str) -> str:
        await readers.sign_up(app, address)
        async with app.store.read() as session:
            rows = (await session.exec(select(ConfirmationToken))).all()
            return raw_token(app.keyring, rows[-1])

    return sign_up


class Reader:
    """A confirmed reader and their links."""

    def __init__(self, app: App, subscriber_id: int) -> None:
        self.id = subscriber_id
        self.unsubscribe = f"/unsubscribe/{unsubscribe_token(app.keyring, subscriber_id, 'weekly')}"
        self.preferences = f"/preferences/{preferences_token(app.keyring, subscriber_id)}"


@pytest.fixture
async def reader(app: App, sign_up: SignUp) -> Reader:
    token = await sign_up("ann@example.org")
    await confirm_signup(app, Actor(Channel.CONFIRMATION_LINK), token)
    async with app.store.read() as session:
        found = (await session.exec(select(Subscriber))).one()
        assert found.id is not None
        return Reader(app, found.id)


@pytest.fixture
async def comparison(app: App) -> str:
    """A comparison with a hostile tool; its slug."""
    now = app.clock()
    facts = {"first_seen_at": now, "updated_at": now, "category": "Developer Tools"}
    good = Tool(
        slug="good",
        name="Good Tool: With a Long Name",
        tagline="Does one thing",
        entry="Free",
        url="https://good.example/",
        panel_ship_percent=75,
        ship=3,
        skip=1,
        **facts,
    )
    evil = Tool(
        slug="evil",
        name="<script>alert(1)</script>",
        tagline='"><img src=x onerror=alert(2)>',
        description="{{ 7 * 7 }}",
        url="javascript:alert(3)",
        **facts,
    )
    async with app.store.write() as session:
        persona = Persona(name="<b>Builder</b>")
        session.add_all([good, evil, persona])
        await session.flush()
        assert good.id
        assert evil.id
        session.add(
            Review(
                tool_id=good.id,
                persona_id=persona.id,
                position=0,
                score=88,
                verdict="ship",
                quote="</blockquote><script>alert(4)</script> & more",
            )
        )
        session.add(
            Comparison(
                slug="good-vs-evil",
                pair=f"{good.id}-{evil.id}",
                left_id=good.id,
                right_id=evil.id,
                first_seen_at=now,
            )
        )
    return "good-vs-evil"


async def add_issue(app: App, edition: Edition, number: int, state: IssueState) -> None:
    """An issue with made-up frozen variants."""
    content = IssueContent(
        number=number,
        edition="weekly",
        edition_name=edition.name,
        date=date(2026, 11, 17),
        subject=SUBJECT,
        preheader="C skips",
        headline="Two of three",
        sentence="",
        minutes=2,
        glance=(),
        cards=(),
    )
    compiled = CompiledMessage(
        kind="issue",
        variant="all",
        subject="A ships",
        sender="Weekly <digest@news.example.org>",
        reply_to=None,
        list_name="Weekly",
        list_id="weekly.news.example.org",
        feedback_id=None,
        html_segments=(ISSUE_HTML,),
        text_segments=("the issue <in> text",),
    )
    now = app.clock()
    async with app.store.write() as session:
        issue = Issue(
            number=number,
            edition_id=edition.id or 0,
            state=state,
            issue_date=content.date,
            cutoff_at=now,
            created_at=now,
            composed_at=now,
            started_at=now,
            content=content.model_dump(mode="json"),
            manifest={"made": "up"},
        )
        session.add(issue)
        await session.flush()
        for key in VARIANTS:
            session.add(
                CompiledVariant(
                    issue_id=issue.id or 0,
                    key=key,
                    sha256=compiled.sha256,
                    compiled=compiled.to_bytes(),
                )
            )
