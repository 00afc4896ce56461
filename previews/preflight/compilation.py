"""A template that makes no message at all."""

from previews.preflight.finding import Finding, FindingPlace, error

TEMPLATE = error(
    "TPL-001",
    "The template does not compile",
    "A syntax error, an unknown variable or tag, no unsubscribe link, too much HTML: nothing can "
    "be sent.",
    "Correct the line that is named; docs/templates.md lists the variables.",
    overridable=False,
)
CONTENT = error(
    "TPL-002",
    "The content cannot be written as a message",
    "A line break in a header, or a sender that is no mailbox (RFC 5322).",
    "Correct the subject, the sender or the address that is named.",
    overridable=False,
)


def broken_template(reason: str, file: str, line: int | None) -> Finding:
    """What the compiler said, with file and line."""
    return TEMPLATE.found(reason, FindingPlace("template", file=file, line=line))


def unusable_content(reason: str) -> Finding:
    """What stands in the way of a message."""
    return CONTENT.found(reason, FindingPlace("message"))
