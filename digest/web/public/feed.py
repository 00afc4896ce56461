"""The Atom feed of the issues sent (RFC 4287).

ElementTree escapes everything it writes, so the feed is well-formed whatever the texts hold.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from xml.etree import ElementTree

from digest.services.issues.archive import PublishedIssue

ATOM = "http://www.w3.org/2005/Atom"
# Characters that XML 1.0 has no way to write (section 2.2); ElementTree lets them through.
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def atom_feed(
    issues: Sequence[PublishedIssue], *, title: str, public_url: str, now: datetime
) -> bytes:
    """The feed as XML in UTF-8, in the order of `issues`; `now` is the date of an empty feed."""
    feed = ElementTree.Element("feed", xmlns=ATOM)
    _add(feed, "title", title)
    _add(feed, "id", f"{public_url}/")
    _add(feed, "link", rel="self", type="application/atom+xml", href=f"{public_url}/feed.xml")
    _add(feed, "link", rel="alternate", type="text/html", href=f"{public_url}/issues")
    _add(feed, "updated", (issues[0].sent_at if issues else now).isoformat())
    _add(_add(feed, "author"), "name", title)
    for issue in issues:
        _add_entry(feed, issue, f"{public_url}/issues/{issue.number}")
    xml: bytes = ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True)
    return xml


def _add_entry(feed: ElementTree.Element, issue: PublishedIssue, url: str) -> None:
    entry = _add(feed, "entry")
    _add(entry, "title", issue.subject)
    _add(entry, "id", url)
    _add(entry, "link", rel="alternate", type="text/html", href=url)
    _add(entry, "updated", issue.sent_at.isoformat())
    _add(entry, "summary", issue.headline)


def _add(
    parent: ElementTree.Element, tag: str, text: str | None = None, **attributes: str
) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, tag, attributes)
    element.text = NOT_XML.sub("", text) if text is not None else None
    return element
