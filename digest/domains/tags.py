"""Tag lists as DKIM and DMARC records write them (RFC 6376 section 3.2)."""


def parse_tags(record: str) -> dict[str, str]:
    """Lower-case tag → value, in their order; what has no `=` is left out."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {tag.strip().lower(): value.strip() for tag, equals, value in pairs if equals}
