"""What refusals are about, with replies as real servers word them."""

import time

import pytest

from digest.delivery.ports import Reply
from digest.delivery.replies import ReplyKind, Stage, classify

READER = ("hard", "full", "closed")
RELAY = ("setup", "blocked", "limit")

POSTFIX = [
    ("blocked", "554 5.7.1 <ann@example.org>: Relay access denied"),
    ("setup", "504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname"),
    ("blocked", "554 5.7.1 <mail[192.0.2.1]>: Client host rejected: Access denied"),
    ("blocked", "550 <ann@example.org>: Recipient address rejected: Access denied"),
    (
        "hard",
        "550 5.1.1 <ann@example.org>: Recipient address rejected: "
        "User unknown in local recipient table",
    ),
    (
        "hard",
        "550 5.1.1 <ann@example.org>: Recipient address rejected: "
        "User unknown in relay recipient table",
    ),
    ("hard", "550 5.1.2 <ann@example.org>: Recipient address rejected: Domain not found"),
    ("setup", "550 5.1.8 <news@example.com>: Sender address rejected: Domain not found"),
    ("setup", "553 5.7.1 <news@example.com>: Sender address rejected: not owned by user me"),
    ("setup", "554 5.5.1 Error: no valid recipients"),
    ("content", "552 5.3.4 Message size exceeds fixed limit"),
    (
        "blocked",
        "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
    ),
    ("setup", "530 5.7.0 Must issue a STARTTLS command first"),
]
EXIM = [
    ("blocked", "550 relay not permitted"),
    ("hard", "550 Unrouteable address"),
    ("hard", "550 No Such User Here"),
    ("setup", "550 Sender verify failed"),
    ("blocked", "550 Administrative prohibition"),
    ("content", "550 maximum allowed line length is 998 octets, got 2000"),
    ("content", "552 message size exceeds maximum permitted"),
    ("limit", "550 Domain example.com has exceeded the max emails per hour (100/100) allowed."),
    ("unknown", "550 Verification failed for <news@example.com> No Such User Here Sender verify"),
]
EXCHANGE = [
    ("blocked", "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain"),
    ("setup", "550 5.7.60 SMTP; Client does not have permissions to send as this sender"),
    ("setup", "530 5.7.57 SMTP; Client was not authenticated to send anonymous mail"),
    ("hard", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address"),
    ("unknown", "550 5.4.1 [ann@example.org]: Recipient address rejected: Access denied"),
    ("closed", "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required"),
    ("closed", "550 5.7.124 RESOLVER.RST.NotInAllowedSendersList"),
    ("content", "550 5.6.0 CAT.InvalidContent.Exception"),
    ("blocked", "550 5.7.606 Access denied, banned sending IP [192.0.2.1]"),
    (
        "blocked",
        "550 5.7.708 Service unavailable. Access denied, traffic refused from this IP",
    ),
]
GMAIL = [
    (
        "hard",
        "550 5.1.1 The email account that you tried to reach does not exist. Please try "
        "double-checking the recipient's email address for typos",
    ),
    ("full", "552 5.2.2 The email account that you tried to reach is over quota"),
    ("full", "552 5.2.2 The recipient's inbox is out of storage space"),
    ("closed", "550 5.2.1 The email account that you tried to reach is disabled"),
    ("limit", "550 5.4.5 Daily user sending limit exceeded. For more information on Gmail"),
    ("limit", "550 5.7.28 We've detected an unusual rate of unsolicited mail from your network"),
    (
        "blocked",
        "550 5.7.1 [192.0.2.1] Our system has detected that this message is likely "
        "suspicious due to the very low reputation of the sending IP address",
    ),
    ("content", "552 5.7.0 Our system detected an illegal attachment on your message"),
    ("blocked", "550 5.7.26 This mail is unauthenticated, SPF [example.com] did not pass"),
    ("setup", "535 5.7.8 Username and Password not accepted"),
]
YAHOO = [
    (
        "hard",
        "554 delivery error: dd This user doesn't have a yahoo.com account (ann@yahoo.com) [0]",
    ),
    (
        "closed",
        "554 30 Sorry, your message to ann@yahoo.com cannot be delivered. "
        "This mailbox is disabled (554.30).",
    ),
    ("setup", "554 5.7.9 Message not accepted for policy reasons"),
]
PROVIDERS = [
    (
        "setup",
        "554 Message rejected: Email address is not verified. The following identities "
        "failed the check in region US-EAST-1: news@example.com",
    ),
    ("limit", "554 Daily message quota exceeded."),
    (
        "limit",
        "550 5.7.1 Domain sandbox1.example.com is not allowed to send: Free accounts are "
        "for test purposes only",
    ),
    ("setup", "550 The from address does not match a verified Sender Identity."),
    ("blocked", "550 Unauthenticated senders not allowed"),
    ("limit", "550 5.7.1 Sorry, your SMTP sending quota is exceeded for today"),
    ("limit", "550 Your account has exceeded the max emails per hour (100/100)"),
    ("blocked", "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)"),
    ("blocked", "550 #5.7.1 Your access has been rejected due to the sending MTA's reputation"),
]
OUR_SENDER = [
    ("unknown", "553 Domain of sender address us@example.com does not exist"),
    ("unknown", "550 5.1.1 Envelope sender does not exist"),
    ("unknown", "550 Sender user unknown"),
    ("unknown", "550 Invalid sender address: account does not exist"),
    ("unknown", "550 The user account you are using to send mail does not exist"),
    ("unknown", "550 Domain not found: mg.example.com"),
    ("setup", "550 mail from: domain does not exist"),
    ("setup", "550 Sending domain does not exist"),
    ("unknown", "550 Sender address has null MX"),
]
OUR_ACCOUNT = [
    ("limit", "550 Quota exceeded"),
    ("limit", "554 Message quota exceeded"),
    ("unknown", "550 5.2.2 Submission quota exceeded, try tomorrow"),
    ("unknown", "550 account disabled"),
    ("unknown", "550 The account is locked"),
]
EVERY_LANGUAGE = [
    ("full", "550 5.1.1 undeliverable address: mailbox is full"),
    ("full", "550 5.1.1 Mailaccount ist voll"),
    ("full", "552 Postfach ist voll"),
    ("unknown", "550 5.5.0 Requested action not taken: mailbox unavailable"),
    ("closed", "550 5.7.1 RESOLVER.RST.AuthRequired; authentication required"),
    ("hard", "550 5.4.310 DNS domain example.org does not exist"),
    ("hard", "550 5.4.4 Host or domain name not found"),
]
UNCLEAR = [
    ("content", "552 Message rejected: spam score 9.1"),
    ("content", "554 5.7.1 Message blocked: restricted attachment"),
    ("unknown", "550 no"),
    ("unknown", "550 5.0.0"),
    ("unknown", "550 mailbox unavailable"),
    ("unknown", "554 Transaction failed"),
    ("unknown", "550 5.7.1 user unknown"),
    ("unknown", "550 5.1.1 User unknown, blocked by our spam policy"),
    ("unknown", "552 5.2.2 over quota: spam score 9"),
    ("unknown", "550 5.1.1 <ann@example.org>: Relay access denied"),
    ("blocked", "550 Account suspended due to unpaid bills"),
    ("full", "552 Requested mail action aborted: exceeded storage allocation"),
    ("hard", "556 domain takes no mail"),
    ("hard", "550 <relay-denied@example.org>: user unknown"),  # the address is no reason
    ("closed", "553 5.6.7 the relay does not take SMTPUTF8 addresses"),
]


def kind_of(line: str, stage: Stage = Stage.RCPT) -> str:
    """The kind of a reply as a server writes it, code first."""
    reply = Reply(int(line[:3]), line[4:])
    return str(classify(reply.code, reply.enhanced, reply.text, stage))


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        *POSTFIX,
        *EXIM,
        *EXCHANGE,
        *GMAIL,
        *YAHOO,
        *PROVIDERS,
        *UNCLEAR,
        *OUR_SENDER,
        *OUR_ACCOUNT,
        *EVERY_LANGUAGE,
    ],
)
def test_replies_as_real_servers_word_them(kind: str, line: str) -> None:
    assert kind_of(line) == kind


@pytest.mark.parametrize(
    "code", ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.2", "5.2.1", "5.6.7", "5.7.17"]
)
def test_codes_that_are_about_the_reader(code: str) -> None:
    assert kind_of(f"550 {code}") in READER


@pytest.mark.parametrize(
    "line",
    ["530", "535", "503", "504", *(f"550 5.5.{n}" for n in range(7)), "550 5.4.5", "550 5.7.1",
     "550 5.7.0", "554 5.7.8", "550 5.7.25", "550 5.3.2", "521", "501 5.5.4 bad argument"],
)  # fmt: skip
def test_codes_that_are_about_the_relay_or_us(line: str) -> None:
    assert kind_of(line) in RELAY


@pytest.mark.parametrize("stage", list(Stage))
def test_552_is_about_the_size_once_the_text_is_on_its_way(stage: Stage) -> None:
    expected = "unknown" if stage is Stage.RCPT else "content"
    assert kind_of("552", stage) == expected


@pytest.mark.parametrize("line", ["452 4.2.2 mailbox full", "452 mailbox is full"])
def test_a_full_mailbox_may_be_told_by_a_temporary_reply(line: str) -> None:
    assert kind_of(line) == "full"


@pytest.mark.parametrize(
    "line", ["452 4.3.1 insufficient system storage", "452 4.5.3 too many recipients", "452"]
)
def test_452_alone_is_no_full_mailbox(line: str) -> None:
    assert kind_of(line) != "full"


def test_a_code_of_the_other_class_is_not_believed() -> None:
    assert Reply(550, "4.1.1 later").enhanced is None
    assert kind_of("550 2.1.1 fine") == "unknown"


def test_a_reply_of_a_megabyte_takes_no_time() -> None:
    worst = ["<" * 1_000_000, "a@" * 500_000, "over " * 200_000, "550 5.7.1 " * 100_000]
    begun = time.process_time()
    for text in worst:
        assert classify(550, None, text) in ReplyKind
    assert time.process_time() - begun < 1
