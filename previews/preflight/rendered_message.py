"""One variant as it would be sent: its bytes, parsed once for all checks."""

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message
from functools import cached_property

from previews.markup.html_page import HtmlPage


@dataclass(frozen=True)
class BodyPart:
    """A body part: as transferred, and decoded."""

    kind: str
    charset: str | None
    encoding: str
    payload: str
    decoded: bytes

    @property
    def text(self) -> str:
        """The decoded text; undecodable bytes are skipped."""
        return self.decoded.decode("utf-8", "ignore").replace("\r\n", "\n")


@dataclass(frozen=True)
class RenderedMessage:
    """A whole message for one reader, or (`raw` empty) the HTML of the archive page."""

    variant: str
    raw: bytes = b""
    page_html: str = ""

    @property
    def is_email(self) -> bool:
        return bool(self.raw)

    @cached_property
    def parsed(self) -> Message:
        """The parsed message, with raw headers (RFC 2047 not decoded)."""
        return message_from_bytes(self.raw, policy=policy.compat32)

    @cached_property
    def header_lines(self) -> list[bytes]:
        """The physical lines of the header block."""
        return self.raw.partition(b"\r\n\r\n")[0].split(b"\r\n")

    @cached_property
    def parts(self) -> list[BodyPart]:
        """The leaves of the MIME tree, in order."""
        return [_part(leaf) for leaf in self.parsed.walk() if not leaf.is_multipart()]

    def part(self, kind: str) -> BodyPart | None:
        """The first part of a kind such as `text/html`."""
        return next((part for part in self.parts if part.kind == kind), None)

    @cached_property
    def text(self) -> str | None:
        """The plain text, decoded; None if there is none."""
        part = self.part("text/plain")
        return part.text if part else None

    @cached_property
    def html(self) -> str | None:
        """The HTML, decoded; None if there is none."""
        if not self.is_email:
            return self.page_html
        part = self.part("text/html")
        return part.text if part else None

    @cached_property
    def page(self) -> HtmlPage | None:
        """The HTML's tree."""
        return HtmlPage(self.html) if self.html is not None else None

    def header(self, name: str) -> str | None:
        """The first field of that name, unfolded; None if there is none."""
        values = self.headers(name)
        return values[0] if values else None

    def headers(self, name: str) -> list[str]:
        """All fields of that name, unfolded."""
        return [
            str(value).replace("\r\n", "").replace("\n", "")
            for value in self.parsed.get_all(name, [])
        ]


def _part(leaf: Message) -> BodyPart:
    payload = leaf.get_payload()
    decoded = leaf.get_payload(decode=True)
    return BodyPart(
        kind=leaf.get_content_type(),
        charset=leaf.get_param("charset") and str(leaf.get_param("charset")),
        encoding=str(leaf.get("Content-Transfer-Encoding", "7bit")).lower().strip(),
        payload=payload if isinstance(payload, str) else "",
        decoded=decoded if isinstance(decoded, bytes) else b"",
    )
