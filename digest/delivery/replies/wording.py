"""Foreign replies as text: without what differs from reader to reader, and what words mean.

Servers put the address, the time, a queue id or a link into their replies. Without them,
replies that say the same are the same text.
"""

import re

from digest.delivery.replies.kinds import ReplyKind

LONGEST = 500  # characters of a reply that are looked at: bounds the time for foreign text

ADDRESS = re.compile(r"<[^<>\s]*>|[^\s<>()\[\]\"',;:=]{1,64}@[\w.\[\]:-]{1,255}")
LINK = re.compile(r"\bhttps?://\S*|\bwww\.\S+")
# A word that holds a digit is a code, an id, a host or a time; so is a long word of hex digits.
IDENTIFIER = re.compile(r"\S*\d\S*|\b[0-9a-f]{8,}\b")
NOT_WORDS = re.compile(r"[^\w\s'-]+")

Meanings = tuple[tuple[ReplyKind, re.Pattern[str]], ...]


def plain(text: str) -> str:
    """A reply's words in lower case, without addresses and links."""
    text = text[:LONGEST].lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return " ".join(LINK.sub(" ", ADDRESS.sub(" ", text)).split())


def fingerprint(text: str) -> str:
    """The same for all replies that say the same: without addresses, digits and ids too."""
    return " ".join(NOT_WORDS.sub(" ", IDENTIFIER.sub(" ", plain(text))).split())


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


BOX = r"(?:user|recipient|mailbox|account|address|e-?mail(?: account| address)?|alias|inbox)"

FULL = _any(
    rf"\b(?:{BOX})(?:'s)?(?: (?:is|has|storage|size|exceeded|mailbox|disk|its|the)){{0,4}} "
    r"(?:full|voll|pleine?|llen[oa]|over ?quota|over (?:its |the )?(?:storage )?quota"
    r"|out of storage)",
    r"\b(?:mailbox|inbox|storage)(?: \S+){0,3} quota|\bquota(?: \S+){0,3} (?:mailbox|inbox)",
    r"\b(?:full|over ?quota|overquota) (?:mailbox|inbox)|\bpostfach(?: \S+){0,2} voll|ist voll\b",
    r"^(?:\S+ )?mailbox full|\bover ?quota\b|\bexceeded storage allocation",
    r"not enough (?:disk |storage )?space (?:in|for) (?:the )?mailbox|insufficient mailbox",
    r"exceed(?:s|ed) (?:its |the |their )?(?:storage|mailbox|disk) (?:quota|allocation|limit|size)",
)

# Of the account that we send with, and not of a reader's mailbox.
OUR_ACCOUNT = _any(
    r"\byour (?:account|mailbox|quota)\b|\byou (?:have|are using)\b|\bsubmission\b|\bsending\b",
    r"\b(?:outgoing|outbound|daily|hourly|monthly|message) (?:\S+ )?(?:quota|limit|volume)",
)

HARD = _any(
    r"\bno such (?:user|mailbox|recipient|address|person|account|domain|host|local|name)",
    rf"\b{BOX}(?: \S+)? (?:is )?(?:unknown|not found|not known|non-?existent|invalid\b(?! char))",
    rf"\b{BOX}(?: (?:that )?you(?: \S+){{1,5}}?)? (?:does ?n[o']t|do not|doesn't|not) exist",
    rf"\b(?:unknown|invalid|nonexistent|non-existent) {BOX}",
    r"\bno (?:mailbox|account|user|recipient) (?:here )?(?:by|with|for|under|called|named)",
    rf"\b(?:this|the|such) {BOX} (?:no longer|does not|doesn't) (?:exist|have|available)",
    r"(?:does not|doesn't) have an? \S+ account",
    r"\b(?:not a (?:known|valid)|isn't a (?:known|valid)) (?:user|recipient|mailbox|address)",
    r"\bunrouteable address|\bunknown in (?:local|virtual|relay) ",
    r"\bdomain \S*\s?(?:accepts|takes) no mail|\bnull mx\b|\bnxdomain\b",
    r"\bmailbox (?:unavailable )?(?:does not exist|not available or does not exist)",
    r"\baddress (?:no longer exists|no longer valid|no longer in use)",
)

CLOSED = _any(
    # An account may be the one that we send with; "this account" is the reader's (Yahoo).
    r"\b(?:user|recipient|mailbox|address|inbox|alias|(?:this|recipient'?s?|e-?mail) account)"
    r" (?:that you tried to reach )?(?:is |has been |was )?(?:temporarily )?"
    r"(?:disabled|inactive|suspended|deactivated|discontinued|locked|not active)",
    rf"\b(?:disabled|inactive|deactivated) {BOX}",
    r"\bonly accepts? (?:mail|messages|email) from|\bnot (?:on|in) .{0,30}allowed senders",
    r"\bresolver\.rst\.",  # Exchange: the group or mailbox takes no mail from outside
    r"\brestricted (?:recipient|group|distribution)|\bblocked by (?:the )?(?:recipient|user)",
    r"\brecipient (?:has )?(?:blocked|refuses|rejected) (?:you|mail|messages|the sender)",
)

LIMIT = _any(
    r"\b(?:daily|hourly|monthly|weekly|sending|send|outgoing|outbound|message|user|account|rate"
    r"|relay|submission|smtp|plan|credit|recipient)s?(?: \S+){0,3} (?:quota|limits?|rate|allowance)"
    r"(?: (?:is|was|has|been|will|be))* ?(?:exceeded|reached|used|over)?",
    r"\b(?:quota|limit|credits?|allowance)(?: \S+){0,3} (?:exceeded|reached|used up|exhausted)",
    r"\b(?:exceed\w*|reached|over)(?: \S+){0,5} (?:quota|limit|rate|allowance|credits?)\b",
    r"\btoo (?:many|much) (?:messages|mails?|emails?|recipients|connections|requests|sent)",
    r"\bper (?:second|minute|hour|day|month)\b",
    r"\b(?:throttl|rate.?limit)\w*|\btoo fast\b|\bmaximum credits\b|\bfree accounts? are\b",
)

SETUP = _any(
    r"\bauthenti\w+|\bauth\b|\blog(?:ging)? ?in\b|\bcredentials|\bpassword|\busername",
    r"\b(?:helo|ehlo)\b|\bstarttls\b|\btls\b|\bencryption (?:required|needed)|\bplain ?text\b",
    r"\bsyntax error|\bcommand (?:not|unrecogni|rejected|unknown)|\bbad sequence|\bpipelining",
    r"\b(?:not (?:a )?|un)verified|\bverified (?:sender|domain|identity)|\bverify (?:the|your)",
    r"\bsender\b|\benvelope\b|\breturn.?path\b|\bmail ?from\b|\bfrom address\b",
    r"\bsending (?:domain|account|address)\b|\byou are using\b",
    r"\b(?:from|return.path|envelope|mail from|sender)(?: \S+){0,3} "
    r"(?:not (?:allowed|owned|permitted|valid)|does not match|mismatch)",
    r"\bnot owned by user|\bsend ?as\b|\bdomain is not allowed",
)

BLOCKED = _any(
    r"\brelay\w*\b(?! recipient)|\brcpthosts\b",  # Postfix: "unknown in relay recipient table"
    r"\b\w*block(?:ed|list\w*|ing)?\b|\bblacklist\w*|\bblackhole\w*|\b(?:dns|r)bls?\b|\bspamhaus\b"
    r"|\bbarracuda\b|\bspamcop\b|\bproofpoint\b|\bbanned\b|\breputation\b|\blisted (?:in|on|by)\b",
    r"\bdenied\b|\bnot (?:permitted|allowed|authori[sz]ed|accepted from)\b|\bunauthori[sz]ed",
    r"\bprohibit\w*|\bpolic(?:y|ies)\b|\badministrative|\brefused?\b.{0,30}\b(?:ip|host|client)\b",
    r"\bspf\b|\bdkim\b|\bdmarc\b|\breverse (?:dns|hostname)|\bptr\b|\bfcrdns\b|\brdns\b",
    r"\b(?:client|sending) (?:host|ip|server)\b|\byour (?:ip|host|server|account|network)\b",
    r"\b(?:account|sending|service|domain)(?: \S+){0,2} (?:suspended|paused)\b",
    r"\bsandbox\b|\bpayment\b|\bpermission\b|\bgo away\b|\bnot welcome\b",
)

CONTENT = _any(
    r"\bspam\w*\b(?! ?haus| ?cop)|\bjunk\b|\bunsolicited\b|\bbulk mail\b|\bphish\w*|\bscam\b",
    r"\bvirus\w*|\bmalware\b|\bmalicious\b|\binfected\b|\btrojan\b|\bsuspicious\b",
    r"\bcontents?\b|\battachments?\b|\bmime\b|\bheaders?\b|\bbody\b|\bmessage.?id\b|\bsubject\b"
    r"|\b(?:url|link)s?\b|\bbare (?:lf|cr|line)\w*|\bline (?:is )?too long\b|\bdate\b",
    r"\b(?:message|mail|size|data)(?: (?!quota|limit)\S+){0,4}"
    r" (?:too (?:big|large|long)|exceed\w*)\b(?! (?:the )?(?:max|storage|mailbox|quota))",
    r"\btoo (?:big|large)\b|\b(?:message|mail) size\b|\bsize limit"
    r"|\b(?:maximum|max)(?: \S+){0,2} (?:size|length)\b",
)

# A blocklist before spam: "blocked, listed as a source of spam" is about the relay's host.
BLOCKLIST = _any(
    r"\b(?:ip|host|client|server|network)\b.{0,60}\b(?:block|black|list|ban|reputation)\w*",
    r"\b(?:block|black|ban)\w*\b.{0,40}\b(?:ip|host|client|server|network|using)\b",
    r"\b(?:dns|r)bls?\b|\bspamhaus\b|\bbarracuda\b|\bspamcop\b|\breputation\b|\bspf\b|\bdkim\b|\bdmarc\b",
)

DEAD_DOMAIN = _any(
    r"\b(?:domain|host)(?: \S+){0,3}? (?:does not exist|doesn't exist|not found)",
    r"\bnxdomain\b|\bnull mx\b",
)
UNAVAILABLE = re.compile(r"\bmailbox (?:is )?(?:unavailable|not available)")

# In this order: what is more precise comes first.
MEANINGS: Meanings = (
    (ReplyKind.FULL, FULL),
    (ReplyKind.BLOCKED, BLOCKLIST),
    (ReplyKind.CLOSED, CLOSED),
    (ReplyKind.CONTENT, CONTENT),
    (ReplyKind.LIMIT, LIMIT),
    (ReplyKind.SETUP, SETUP),
    (ReplyKind.BLOCKED, BLOCKED),
)


def meanings(words: str) -> list[ReplyKind]:
    """What the words of a reply (see `plain`) may mean, the most precise first."""
    found = [kind for kind, pattern in MEANINGS if pattern.search(words)]
    if HARD.search(words):
        found.insert(0, ReplyKind.HARD)
    if OUR_ACCOUNT.search(words):
        found = [kind for kind in found if kind not in (ReplyKind.FULL, ReplyKind.CLOSED)]
        found.append(ReplyKind.SETUP)
    return found
