"""The reader's own signed links, to unsubscribe and to the preferences, in both parts."""

from collections.abc import Iterator

from previews.preflight.facts import Facts
from previews.preflight.finding import Finding, FindingPlace, error, in_html
from previews.preflight.rendered_message import RenderedMessage

NO_UNSUBSCRIBE = error(
    "LNK-020",
    "There is no unsubscribe link",
    "Every issue needs a working way to unsubscribe, in HTML and in text; the law requires it.",
    "Print {{ reader.unsubscribe_url }} in both templates, in the HTML as the href of a link.",
    overridable=False,
)
NO_PREFERENCES = error(
    "LNK-021",
    "There is no link to the preferences",
    "Readers who only want less mail would unsubscribe.",
    "Print {{ reader.preferences_url }} in both templates.",
)
NOT_SIGNED = error(
    "LNK-022",
    "An unsubscribe or preferences link is not this reader's signed one",
    "Without the reader's own signature it unsubscribes nobody, or a stranger.",
    "Print {{ reader.unsubscribe_url }} and {{ reader.preferences_url }}, not a fixed address.",
)
HIDDEN = error(
    "LNK-023",
    "The unsubscribe link is not recognisable as one",
    "Readers who do not find it report spam instead.",
    "Put “Unsubscribe” visibly into the link's words.",
)

WORDS = ("unsubscribe", "opt out", "opt-out", "leave this list", "abmelden", "désabonner")


def own_links(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """Unsubscribe and preferences links are in the HTML and in the text."""
    if message.page is None or not facts.unsubscribe_url:
        return
    addresses = [element.get("href").strip() for element in message.page.links]
    forged = False
    for element in message.page.links:
        address = element.get("href").strip()
        forged_here = _is_forged(address, facts)
        forged = forged or forged_here
        if forged_here:
            yield NOT_SIGNED.found(f"it leads to {address}", in_html(element), needle=address)
    if facts.unsubscribe_url not in addresses and not forged:
        yield NO_UNSUBSCRIBE.found("not in the HTML", FindingPlace("html"))
    if facts.preferences_url and facts.preferences_url not in addresses and not forged:
        yield NO_PREFERENCES.found("not in the HTML", FindingPlace("html"))
    if message.text:
        if facts.unsubscribe_url not in message.text:
            yield NO_UNSUBSCRIBE.found("not in the text", FindingPlace("text"))
        if facts.preferences_url and facts.preferences_url not in message.text:
            yield NO_PREFERENCES.found("not in the text", FindingPlace("text"))


def says_so(message: RenderedMessage, facts: Facts) -> Iterator[Finding]:
    """The unsubscribe link's text says what it does."""
    if message.page is None or not facts.unsubscribe_url:
        return
    own = [el for el in message.page.links if el.get("href").strip() == facts.unsubscribe_url]
    if own and not any(word in el.text.lower() for el in own for word in WORDS):
        yield HIDDEN.found(f"its words are “{own[0].text}”", in_html(own[0]))


def _is_forged(address: str, facts: Facts) -> bool:
    """Whether it is an unsubscribe or preferences page, but without this reader's token."""
    for url in filter(None, (facts.unsubscribe_url, facts.preferences_url)):
        stem = url.rpartition("/")[0]
        if address != url and (address == stem or address.startswith(f"{stem}/")):
            return True
    return False


CHECKS = (own_links, says_so)
