"""Mistakes in the message on the wire."""

import quopri
from dataclasses import replace

from previews.preflight.message.list_headers import ONE_CLICK
from tests.unit.previews.preflight.seeding import (
    UNSUBSCRIBE,
    Case,
    Seed,
    clean,
    known,
    printed,
    sent,
)

FIELD = f"List-Unsubscribe:\r\n <{UNSUBSCRIBE}>\r\n"
SUBJECT = "Subject: Ferry flips to split; Quarry ships\r\n"
PLAIN = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"


def _unsigned_field(h: str, extra: str = "", algorithm: str = "rsa-sha256") -> str:
    return (
        f"DKIM-Signature: v=1; a={algorithm}; d=news.example.org; s=r1;{extra}\r\n"
        f" h={h}; bh=AAAA; b=AAAA\r\nTo: reader"
    )


def _without(kind: str) -> Case:
    head, _, body = clean().raw.partition(b"\r\n\r\n")
    boundary = body.split(b"\r\n")[0]
    parts = [part for part in body.split(boundary)[1:-1] if kind.encode() not in part]
    body = boundary + boundary.join(parts) + boundary + b"--\r\n"
    return replace(clean(), raw=head + b"\r\n\r\n" + body)


def _with_attachment() -> Case:
    head, _, body = clean().raw.partition(b"\r\n\r\n")
    boundary = body.split(b"\r\n")[0]
    extra = b"\r\nContent-Type: text/calendar; charset=utf-8\r\n\r\nBEGIN:VCALENDAR\r\n"
    first, second = body.split(boundary)[1:-1]
    body = boundary + boundary.join((extra, first, second)) + boundary + b"--\r\n"
    return replace(clean(), raw=head + b"\r\n\r\n" + body)


def _swapped() -> Case:
    head, _, body = clean().raw.partition(b"\r\n\r\n")
    boundary = body.split(b"\r\n")[0]
    first, second = body.split(boundary)[1:-1]
    body = boundary + boundary.join((second, first)) + boundary + b"--\r\n"
    return replace(clean(), raw=head + b"\r\n\r\n" + body)


def _one_part_encoded(old: str, new: str) -> Case:
    """Another charset or encoding of the text part, with its content as it would then be."""
    case = clean()
    head, _, rest = case.raw.partition(PLAIN.encode())
    boundary = head.rstrip().splitlines()[-1]
    text, _, html = rest.partition(b"\r\n" + boundary)
    if new == "8bit":
        text = quopri.decodestring(text)
    return replace(
        case,
        raw=head + PLAIN.replace(old, new).encode() + text + b"\r\n" + boundary + html,
    )


ALL_FIELDS = "from:from:subject:date:message-id:list-unsubscribe:list-unsubscribe-post"

SEEDS = [
    Seed(
        "MSG-027",
        "a From without a part of its name",
        sent("From: Weekly Verdicts <", "From: Weekly <"),
    ),
    Seed("MSG-027", "a From without its name", sent("From: Weekly Verdicts <", "From: <")),
    Seed("MSG-027", "another address in Reply-To", sent("Reply-To: editor@", "Reply-To: edit@")),
    Seed(
        "MSG-053",
        "a quote that lost a word in the HTML",
        printed(html=("Two screens claim", "Two claim")),
    ),
    Seed(
        "MSG-053",
        "a fact that lost a word in the text",
        printed(text=("Community: 128 votes", "Community: 128")),
    ),
    Seed(
        "MSG-053",
        "a fact that lost a word in the HTML",
        printed(html=("Best for: Small teams", "Best for: Small")),
    ),
    Seed(
        "MSG-053",
        "a quote that is in neither part",
        printed(html=("Two screens claim", "Two claim"), text=("Two screens claim", "Two claim")),
    ),
    Seed("MSG-054", "a fact in neither part", known(printed=("Weekly meetings",))),
    Seed("MSG-001", "a lone LF in the body", sent("At a glance\r\n", "At a glance\n")),
    Seed("MSG-001", "a lone CR in the body", sent("At a glance\r\n", "At a glance\r\r\n")),
    Seed(
        "MSG-002",
        "a line of more than 998 octets",
        sent("MIME-Version", f"X-Trace: {'x' * 1000}\r\nMIME-Version"),
    ),
    Seed(
        "MSG-003",
        "a long header line that could be folded",
        sent(SUBJECT, SUBJECT.replace("ships", f"ships {'and ships ' * 6}")),
    ),
    Seed("MSG-004", "a raw umlaut in a header", sent("Subject: Ferry", "Subject: Ferry ü")),
    Seed("MSG-004", "a NUL in a header", sent("Subject: Ferry", "Subject: Ferry\0")),
    Seed("MSG-010", "two Froms", sent("From: ", "From: Eve <eve@news.example.org>\r\nFrom: ")),
    Seed("MSG-010", "no Date", sent("Date: Tue, 08 Dec 2026 09:00:00 +0000\r\n", "")),
    Seed("MSG-010", "no Message-ID", sent("Message-ID: <c0ffee@news.example.org>\r\n", "")),
    Seed("MSG-011", "an unreadable Date", sent("Date: Tue, 08 Dec 2026", "Date: yesterday")),
    Seed("MSG-012", "a Message-ID of another domain", sent("<c0ffee@news", "<c0ffee@evil")),
    Seed("MSG-012", "a Message-ID without a domain", sent("<c0ffee@news.example.org>", "<c0ffee>")),
    Seed(
        "MSG-013", "a From without an address", sent("<digest@news.example.org>\r\nRep", "\r\nRep")
    ),
    Seed(
        "MSG-014",
        "the sender nobody set",
        sent("<digest@news.example.org>\r\nReply", "<digest@localhost.localdomain>\r\nReply"),
    ),
    Seed("MSG-015", "a To without an @", sent("To: reader@example.net", "To: reader")),
    Seed(
        "MSG-016",
        "a Reply-To without a domain",
        sent("Reply-To: editor@news.example.org", "Reply-To: editor@"),
    ),
    Seed(
        "MSG-017",
        "an encoded-word that is too long",
        sent("Subject: Ferry", f"Subject: =?utf-8?q?{'F' * 70}?= Ferry"),
    ),
    Seed(
        "MSG-017",
        "an encoded-word cut in two",
        sent("Subject: Ferry", "Subject: =?utf-8?q?Ferr Ferry"),
    ),
    Seed(
        "MSG-018",
        "a Feedback-ID with an address in it",
        sent("Feedback-ID: 42:", "Feedback-ID: r@example.net:"),
    ),
    Seed(
        "MSG-019",
        "an issue that says nobody wrote it",
        sent("MIME-Version", "Auto-Submitted: auto-generated\r\nMIME-Version"),
    ),
    Seed("MSG-020", "no List-Unsubscribe", sent(FIELD, "")),
    Seed("MSG-021", "List-Unsubscribe twice", sent(FIELD, FIELD * 2)),
    Seed(
        "MSG-021",
        "List-Unsubscribe over plain http",
        sent("<https://digest.example.org/unsub", "<http://digest.example.org/unsub"),
    ),
    Seed(
        "MSG-021",
        "List-Unsubscribe by mail only",
        sent(f"<{UNSUBSCRIBE}>", "<mailto:out@news.example.org>"),
    ),
    Seed(
        "MSG-021",
        "two web addresses",
        sent(f"<{UNSUBSCRIBE}>", f"<{UNSUBSCRIBE}>, <https://digest.example.org/>"),
    ),
    Seed(
        "MSG-022", "no List-Unsubscribe-Post", sent(f"List-Unsubscribe-Post: {ONE_CLICK}\r\n", "")
    ),
    Seed(
        "MSG-022",
        "List-Unsubscribe-Post in other words",
        sent(ONE_CLICK, "List-Unsubscribe=One-click"),
    ),
    Seed(
        "MSG-023",
        "List-Unsubscribe as an encoded-word",
        sent(f"<{UNSUBSCRIBE}>", "=?utf-8?q?=3Chttps=3A//digest?="),
    ),
    Seed(
        "MSG-024",
        "no List-Id",
        sent("List-Id: Weekly AI Tool Verdicts <weekly.news.example.org>\r\n", ""),
    ),
    Seed(
        "MSG-024", "another List-Id", sent("<weekly.news.example.org>", "<daily.news.example.org>")
    ),
    Seed(
        "MSG-025",
        "List-Help without brackets",
        sent("MIME-Version", "List-Help: https://digest.example.org/\r\nMIME-Version"),
    ),
    Seed(
        "MSG-026", "another reader's List-Unsubscribe", sent("42-weekly.qwerty", "43-weekly.qwerty")
    ),
    Seed("MSG-030", "no MIME-Version", sent("MIME-Version: 1.0\r\n", "")),
    Seed("MSG-031", "multipart/mixed", sent("multipart/alternative", "multipart/mixed")),
    Seed("MSG-032", "no text part", lambda: _without("text/plain")),
    Seed("MSG-033", "no HTML part", lambda: _without("text/html")),
    Seed("MSG-034", "the HTML first", _swapped),
    Seed("MSG-035", "ISO-8859-1", lambda: _one_part_encoded("utf-8", "iso-8859-1")),
    Seed(
        "MSG-036",
        "an encoded line of 100",
        sent("At a glance\r\n", f"At a glance\r\n{'-' * 100}\r\n"),
    ),
    Seed(
        "MSG-037", "a broken quoted-printable escape", sent("At a glance\r\n", "At a glance=ZZ\r\n")
    ),
    Seed(
        "MSG-037",
        "half a character",
        sent("Parrot =F0=9F=A6=9C Studio: 38%", "Parrot =F0=9F=A6 Studio: 38%"),
    ),
    Seed("MSG-038", "an 8-bit part", lambda: _one_part_encoded("quoted-printable", "8bit")),
    Seed("MSG-039", "a calendar entry", _with_attachment),
    Seed("MSG-040", "white space at a line's end", sent("At a glance\r\n", "At a glance \r\n")),
    Seed(
        "MSG-050",
        "a headline that the text lacks",
        printed(text=("Lantern 3 vs Ferry", "Two more")),
    ),
    Seed(
        "MSG-050",
        "the headline missing from the text",
        printed(text=("Ferry flips to split, Parrot", "This week: Parrot")),
    ),
    Seed(
        "MSG-051",
        "a link that the text lacks",
        printed(text=("Feed: https://digest.example.org/feed.xml", "Feed")),
    ),
    Seed(
        "MSG-051",
        "a link that the HTML lacks",
        printed(text=("All issues:", "More: https://digest.example.org/more\nAll issues:")),
    ),
    Seed("MSG-052", "a wrong verdict in the text", printed(text=("[SPLIT] Ferry", "[SHIP] Ferry"))),
    Seed(
        "MSG-052",
        "a wrong badge in the HTML",
        printed(html=(">SPLIT</td></tr></table></td><td", ">SKIP</td></tr></table></td><td")),
    ),
    Seed("MSG-060", "more HTML than Gmail shows", known(most_bytes=30_000)),
    Seed("MSG-061", "nearly as much HTML as Gmail shows", known(warn_bytes=30_000)),
    Seed(
        "MSG-070",
        "a signature without List-Unsubscribe-Post",
        sent("To: reader", _unsigned_field(ALL_FIELDS.replace(":list-unsubscribe-post", ""))),
    ),
    Seed(
        "MSG-070",
        "a signature with From only once",
        sent("To: reader", _unsigned_field(ALL_FIELDS.replace("from:from", "from"))),
    ),
    Seed(
        "MSG-071",
        "a signature of a part of the body",
        sent("To: reader", _unsigned_field(ALL_FIELDS, " l=100;")),
    ),
    Seed(
        "MSG-071",
        "an Ed25519 signature alone",
        sent("To: reader", _unsigned_field(ALL_FIELDS, algorithm="ed25519-sha256")),
    ),
]
