"""The content of one issue, as frozen values that need no database.

`digest.issues` builds an `IssueContent`, and `digest.rendering` turns it into bytes.
Approval freezes and hashes its JSON form, so everything that decides what a message says
must be in here, in the `Site` or in the templates.
"""

from datetime import date

from digest.catalogue.verdict import Verdict
from digest.catalogue.views import FrozenModel, ToolView


class Quote(FrozenModel):
    """An excerpt of one review, at most 200 characters; unattributed if `persona` is None."""

    tool: str
    persona: str | None
    score: int | None
    verdict: str | None
    text: str


class Side(FrozenModel):
    """One tool of a card. With `seen_above` an earlier card of the issue shows it in full."""

    tool: ToolView
    quotes: tuple[Quote, ...]
    seen_above: bool = False


class Card(FrozenModel):
    """One comparison; `group` is the slug of the tool it shares with its neighbours, if any."""

    slug: str
    title: str
    category: str | None
    left: Side
    right: Side
    group: str | None = None


class Glance(FrozenModel):
    """One line of 'At a glance', which has each tool of the issue once."""

    name: str
    verdict: Verdict
    percent: int | None
    ship: int | None
    skip: int | None
    card: str


class Flip(FrozenModel):
    """A tool whose verdict changed since the edition's previous sent issue."""

    name: str
    before: Verdict
    after: Verdict
    on: date
    why: str


class IssueContent(FrozenModel):
    """Everything that an issue says, except for the reader's own values."""

    number: int
    edition: str
    edition_name: str
    date: date
    subject: str
    preheader: str
    headline: str
    sentence: str
    minutes: int
    glance: tuple[Glance, ...]
    cards: tuple[Card, ...]
    flips: tuple[Flip, ...] = ()


class Site(FrozenModel):
    """What a message says about the installation: who sends it, and where its pages are."""

    public_url: str
    sender: str
    reply_to: str | None = None
    postal_address: str
    site_name: str
