"""What can be wrong with a template, or with the message that it makes of some content.

DigestError
├── TemplateError   the template is at fault: file, line and reason
└── MessageError    the content cannot become a message: a line break in a header …
"""

from digest.errors import DigestError


class TemplateError(DigestError):
    """A template cannot be used. `str()` is `file:line: reason`; `line` is None if unknown."""

    def __init__(self, file: str, line: int | None, reason: str) -> None:
        super().__init__(f"{file}:{line}: {reason}" if line else f"{file}: {reason}")
        self.file = file
        self.line = line
        self.reason = reason


class MessageError(DigestError):
    """The content cannot be written as a message (RFC 5322)."""
