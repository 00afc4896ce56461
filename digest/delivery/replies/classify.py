"""What a refusal is about, by its enhanced code, then its basic code and stage, then its words.

Sources: RFC 3463 and the IANA registry of enhanced codes; RFC 5321 section 4.2; RFC 7504;
and the documented replies of Postfix, Exim, Exchange, Gmail, Yahoo, Amazon SES and others.

Where code and words contradict each other it is `unknown`, because a wrong `hard` would
silence a reader for ever.
"""

from digest.delivery.replies.kinds import ABOUT_RELAY, ReplyKind, Stage
from digest.delivery.replies.wording import DEAD_DOMAIN, UNAVAILABLE, meanings, plain

HARD, FULL, CLOSED = ReplyKind.HARD, ReplyKind.FULL, ReplyKind.CLOSED
SETUP, BLOCKED, LIMIT = ReplyKind.SETUP, ReplyKind.BLOCKED, ReplyKind.LIMIT
CONTENT, UNKNOWN = ReplyKind.CONTENT, ReplyKind.UNKNOWN

# By subject and detail of the enhanced code; the details that are not here go by SUBJECTS.
DETAILS: dict[str, ReplyKind] = {
    **dict.fromkeys(("1.1", "1.2", "1.3", "1.6", "1.10"), HARD),
    **dict.fromkeys(("1.7", "1.8", "1.9"), SETUP),  # the sender's address
    **dict.fromkeys(("2.1", "2.4"), CLOSED),
    "2.2": FULL,
    **dict.fromkeys(("2.3", "3.4"), CONTENT),  # too long for this mailbox; too big
    **dict.fromkeys(("3.2", "3.3", "3.5"), SETUP),
    "4.1": UNKNOWN,  # Exchange answers it to addresses that its directory does not have
    **dict.fromkeys(("4.5", "5.3", "7.28", "7.232", "7.233"), LIMIT),
    **dict.fromkeys(("6.7", "6.8", "6.9", "6.10"), CLOSED),  # needs SMTPUTF8 (RFC 6531)
    **dict.fromkeys(("7.8", "7.9", "7.10", "7.11", "7.13", "7.14"), SETUP),
    # About what the mailbox takes, not about us: list expansion, a new owner (RFC 7293), and
    # Exchange's senders that are not allowed to write to it.
    **dict.fromkeys(("7.2", "7.17", "7.18", "7.124", "7.129", "7.133", "7.134", "7.136"), CLOSED),
}
# By subject alone: syntax and protocol, content, security and policy.
SUBJECTS: dict[str, ReplyKind] = {"5": SETUP, "6": CONTENT, "7": BLOCKED}

CODES: dict[int, ReplyKind] = {
    **dict.fromkeys((500, 502, 503, 504, 530, 534, 535, 538), SETUP),
    523: CONTENT,  # RFC 5248 knows it as "message too large for the mailbox"
    556: HARD,  # RFC 7504: the domain takes no mail
}


def classify(code: int, enhanced: str | None, text: str, stage: Stage | None = None) -> ReplyKind:
    """The kind of a 4xx or 5xx; of a 4xx only `full` says more than that it is temporary."""
    words = plain(text)
    found = meanings(words)
    kind = _of_enhanced(enhanced.partition(".")[2], words, found) if enhanced else None
    return kind or _of_code(code, stage, found)


def _of_enhanced(detail: str, words: str, found: list[ReplyKind]) -> ReplyKind | None:
    """By the enhanced code, without its class; None if it says too little."""
    subject = detail.partition(".")[0]
    kind = DETAILS.get(detail) or SUBJECTS.get(subject)
    if subject == "4" and not found and DEAD_DOMAIN.search(words):
        return HARD  # RFC 3463's 5.4.4, and Exchange's 5.4.310
    if HARD in found and (kind is CLOSED or subject in ("4", "5")):
        return _unless_contradicted(HARD, found)  # "5.2.1 User unknown", "5.5.0 Invalid recipient"
    if subject == "5" and UNAVAILABLE.search(words):
        return UNKNOWN  # Outlook's 5.5.0: the words of RFC 5321 for any 550
    if kind is HARD and FULL in found:
        kind = FULL
    if kind is HARD or kind is FULL:
        return _unless_contradicted(kind, found)
    return _of_policy(found) if kind is BLOCKED else kind


def _unless_contradicted(kind: ReplyKind, found: list[ReplyKind]) -> ReplyKind:
    """`unknown` if the words speak of the relay or of the message too."""
    others = {BLOCKED, SETUP, CONTENT} if kind is FULL else ABOUT_RELAY | {CONTENT}
    return UNKNOWN if others.intersection(found) else kind


def _of_policy(found: list[ReplyKind]) -> ReplyKind:
    """5.7.x is a policy about the sender, unless its words name the message or a limit."""
    for kind in found:
        if kind in (CONTENT, LIMIT, SETUP, CLOSED, BLOCKED):
            return kind
    # A policy that answers "no such user" hides which mailboxes there are, or hides a block.
    return UNKNOWN if found else BLOCKED


def _of_code(code: int, stage: Stage | None, found: list[ReplyKind]) -> ReplyKind:
    """By the basic code where it is precise, else by words."""
    if code in CODES:
        return CODES[code]
    for kind in (HARD, CLOSED, FULL):
        if kind in found:
            return _unless_contradicted(kind, found)
    if found:
        return found[0]
    if code in (501, 521, 555):
        return SETUP
    if code == 552 and stage in (Stage.DATA, Stage.DOT):
        return CONTENT
    return UNKNOWN
