"""What the checks know about an issue: plain values, collected by a service.

Every field has a default that means *unknown*; a check that needs the field is then skipped.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

SHIP, SPLIT, SKIP, NO_TAKE = VERDICTS = ("SHIP", "SPLIT", "SKIP", "NO TAKE")


@dataclass(frozen=True)
class ToolFact:
    """One tool as the issue presents it; `verdict` is the badge's text."""

    name: str
    verdict: str
    percent: int | None = None
    ship: int | None = None
    skip: int | None = None
    short_name: str = ""


@dataclass(frozen=True)
class QuoteFact:
    """One quoted take."""

    tool: str
    text: str
    score: int | None = None
    verdict: str | None = None


@dataclass(frozen=True)
class CardFact:
    """One comparison."""

    slug: str
    title: str
    tools: tuple[ToolFact, ...] = ()
    quotes: tuple[QuoteFact, ...] = ()


@dataclass(frozen=True)
class FlipFact:
    """A changed verdict, with the badges' texts."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Facts:
    """One issue and its circumstances.

    - `printed`: every imported text that the issue prints, as it prints it.
    - `sender` and `reply_to`: what was set, as Name <address>.
    - `already_sent`: items that this edition has sent before (slug → "sent in #41").
    - `flips` are the flips the issue prints, `true_flips` those according to the store.
    - `sends_at` is in the edition's time zone.
    - `sources`: the templates by path, only to name file and line, so ignored in comparisons.
    - `allow_loopback`: the mail stays on this machine.
    """

    number: int = 0
    subject: str = ""
    preheader: str = ""
    headline: str = ""
    issue_date: date | None = None
    cards: tuple[CardFact, ...] = ()
    glance: tuple[ToolFact, ...] = ()
    flips: tuple[FlipFact, ...] = ()
    printed: tuple[str, ...] = ()
    true_flips: tuple[FlipFact, ...] | None = None
    already_sent: Mapping[str, str] = field(default_factory=dict)
    max_items: int | None = None
    previous_subjects: Mapping[int, str] = field(default_factory=dict)

    sender: str = ""
    reply_to: str = ""
    sender_domain: str = ""
    list_id: str = ""
    public_url: str = ""
    postal_address: str = ""
    unsubscribe_url: str = ""
    preferences_url: str = ""
    allow_loopback: bool = False

    recipients: int | None = None
    subscribed: int | None = None
    previous_recipients: int | None = None
    sends_at: datetime | None = None

    sources: Mapping[str, str] = field(default_factory=dict, compare=False)
    warn_bytes: int = 80_000
    most_bytes: int = 100_000
