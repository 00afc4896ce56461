"""The facts that preflight checks an issue against, from store, settings and content."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.states import MailingKind
from digest.delivery.tables import Delivery, Mailing
from digest.errors import DigestError
from digest.issues.composing import outdated_items
from digest.issues.content import flips_of
from digest.issues.lookup import CARRIED
from digest.issues.tables import Issue
from digest.rendering.content.issue_content import Card, Flip, IssueContent, Side, Site
from digest.rendering.content.template_model import issue_values
from digest.rendering.issue import MOST_BYTES, WARN_BYTES
from digest.rendering.message.headers import sender_of
from digest.rendering.templates.template_set import load_templates
from digest.services.preflight.largest_reader import LARGEST_ID
from digest.services.reader_values import reader_links
from digest.services.sender_details import reaches_relay, site_of
from previews.preflight.facts import CardFact, Facts, FlipFact, QuoteFact, ToolFact
from schedules.tables import Edition
from subscribers.audience import count
from subscribers.states import SubscriptionState
from subscribers.tables import Subscription

REMEMBERED = 12
FACTS = ("name", "tagline", "entry", "community", "best_for")


async def facts_of(
    session: AsyncSession,
    app: App,
    edition: Edition,
    issue: Issue,
    content: IssueContent,
    *,
    to_inbox: bool = False,
    send_at: datetime | None = None,
) -> Facts:
    """Everything but the audience, which takes a while to count and only leads to warnings.

    `send_at` is when it would be sent, if not at the time that the issue has.
    """
    at = send_at or issue.send_at
    links = reader_links(app, LARGEST_ID, edition.slug)
    return replace(
        content_facts(content, site_of(app.settings, edition)),
        true_flips=tuple(map(_flip, await flips_of(session, edition, issue))),
        already_sent=await outdated_items(session, issue),
        max_items=edition.max_items,
        previous_subjects=await _previous_subjects(session, issue),
        unsubscribe_url=links["unsubscribe_url"],
        preferences_url=links["preferences_url"],
        allow_loopback=to_inbox or not reaches_relay(app),
        sends_at=at.astimezone(ZoneInfo(edition.zone)) if at else None,
        sources=_sources(edition),
    )


def content_facts(content: IssueContent, site: Site) -> Facts:
    """The facts that follow from the content and the sender alone."""
    sender = sender_of(site.sender)
    return Facts(
        number=content.number,
        subject=content.subject,
        preheader=content.preheader,
        headline=content.headline,
        issue_date=content.date,
        cards=tuple(_card(card) for card in content.cards),
        glance=_glance(content),
        flips=tuple(map(_flip, content.flips)),
        printed=_printed(content, site),
        sender=str(sender),
        reply_to=str(sender_of(site.reply_to)) if site.reply_to else "",
        sender_domain=sender.domain,
        list_id=f"{content.edition}.{sender.domain}",
        public_url=site.public_url,
        postal_address=site.postal_address,
        warn_bytes=WARN_BYTES,
        most_bytes=MOST_BYTES,
    )


async def with_audience(
    session: AsyncSession, edition: Edition, issue: Issue, facts: Facts
) -> Facts:
    """The facts with the numbers of recipients, subscribers, and last issue's recipients."""
    active = await session.exec(
        select(func.count())
        .select_from(Subscription)
        .where(
            Subscription.edition == edition.slug,
            col(Subscription.state) == SubscriptionState.ACTIVE,
        )
    )
    return replace(
        facts,
        recipients=await count(session, edition.slug),
        subscribed=active.one(),
        previous_recipients=await _previous_recipients(session, edition, issue),
    )


async def _previous_recipients(session: AsyncSession, edition: Edition, issue: Issue) -> int | None:
    latest = await session.exec(
        select(Mailing.id)
        .where(
            Mailing.kind == MailingKind.ISSUE,
            Mailing.edition == edition.slug,
            Mailing.issue_id != issue.id,
        )
        .order_by(col(Mailing.id).desc())
    )
    mailing = latest.first()
    if mailing is None:
        return None
    rows = select(func.count()).select_from(Delivery).where(col(Delivery.mailing_id) == mailing)
    return (await session.exec(rows)).one()


async def _previous_subjects(session: AsyncSession, issue: Issue) -> dict[int, str]:
    rows = await session.exec(
        select(Issue)
        .where(Issue.edition_id == issue.edition_id, Issue.id != issue.id)
        .where(col(Issue.state).in_(CARRIED))
        .order_by(col(Issue.number).desc())
        .limit(REMEMBERED)
    )
    return {row.number: row.content["subject"] for row in rows if row.content}


def _sources(edition: Edition) -> dict[str, str]:
    """The templates as they are now; none, and so no lines to name, if they cannot be read.

    A frozen issue does not depend on them.
    """
    try:
        return dict(load_templates(edition.template).files)
    except (DigestError, OSError):
        return {}


def _glance(content: IssueContent) -> tuple[ToolFact, ...]:
    short = {
        side.tool.name: side.tool.short_name
        for card in content.cards
        for side in (card.left, card.right)
    }
    return tuple(
        ToolFact(
            name=line.name,
            short_name=short.get(line.name, line.name),
            verdict=line.verdict.label,
            percent=line.percent,
            ship=line.ship,
            skip=line.skip,
        )
        for line in content.glance
    )


def _card(card: Card) -> CardFact:
    sides = (card.left, card.right)
    return CardFact(
        slug=card.slug,
        title=f"{card.left.tool.short_name} vs {card.right.tool.short_name}",
        tools=tuple(map(_tool, sides)),
        quotes=tuple(
            QuoteFact(quote.tool, quote.text, quote.score, quote.verdict)
            for side in sides
            for quote in side.quotes
        ),
    )


def _printed(content: IssueContent, site: Site) -> tuple[str, ...]:
    """Every text of the catalogue that templates are given, shortened as they get it."""
    issue: Any = issue_values(content, site, {})["issue"]
    texts = [line["name"] for line in issue["glance"]]
    for card in issue["cards"]:
        texts.append(None if card["continues"] else card["category"])  # stands above the first
        for side in card["sides"]:
            texts.append(side["short_name"])
            if not side["seen_above"]:
                texts += [side[name] for name in FACTS]
            texts += [quote[name] for quote in side["quotes"] for name in ("text", "persona")]
    texts += [flip[name] for flip in issue["flips"] for name in ("name", "why")]
    return tuple(dict.fromkeys(text for text in texts if text and text.strip()))


def _tool(side: Side) -> ToolFact:
    tool = side.tool
    return ToolFact(
        name=tool.name,
        short_name=tool.short_name,
        verdict=tool.verdict.label,
        percent=tool.panel_ship_percent,
        ship=tool.ship,
        skip=tool.skip,
    )


def _flip(flip: Flip) -> FlipFact:
    return FlipFact(flip.name, flip.before.label, flip.after.label)
