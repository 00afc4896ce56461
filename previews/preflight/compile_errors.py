"""Templates and content that cannot be compiled to a message."""

from previews.preflight.finding import Finding, FindingPlace, error

TEMPLATE = error(
    "TPL-001",
    "The template does not compile",
    "A syntax error, an unknown variable or tag, no unsubscribe link, or too much HTML: no "
    "message can be made.",
    "Correct the line named; docs/templates.md lists the variables.",
    overridable=False,
)
CONTENT = error(
    "TPL-002",
    "The content cannot be made into a message",
    "A line break in a header, or a sender that is not a mailbox (RFC 5322).",
    "Correct the subject, sender or address named.",
    overridable=False,
)


def broken_template(reason: str, file: str, line: int | None) -> Finding:
    """The compiler's error, with file and line."""
    return TEMPLATE.found(reason, FindingPlace("template", file=file, line=line))


def unusable_content(reason: str) -> Finding:
    """Content that cannot be written as a message."""
    return CONTENT.found(reason, FindingPlace("message"))
