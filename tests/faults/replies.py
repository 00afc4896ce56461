"""Refusals as real servers word them, by what they are about; from their documentation."""

ABOUT_RELAY = (
    "554 5.7.1 <reader@example.org>: Relay access denied",  # Postfix
    "504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname",
    "550 <reader@example.org>: Recipient address rejected: Access denied",
    "530 5.7.0 Must issue a STARTTLS command first",
    "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org",
    "550 relay not permitted",  # Exim
    "550 Sender verify failed",
    "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",  # Exchange
    "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
    "550 5.7.708 Access denied, traffic not accepted from this IP",
    "550 5.4.5 Daily user sending limit exceeded",  # Gmail
    "550 5.7.26 This mail is unauthenticated, which poses a security risk",
    "554 5.7.9 Message not accepted for policy reasons",  # Yahoo
    "554 Message rejected: Email address is not verified",  # Amazon SES
    "554 Daily message quota exceeded.",
    "550 5.7.1 Domain is not allowed to send: Free accounts are for test purposes only",  # Mailgun
    "550 The from address does not match a verified Sender Identity",  # SendGrid
    "535 5.7.8 Authentication credentials invalid",
    "503 5.5.1 Error: need RCPT command",
)
ABOUT_MESSAGE = (
    "552 5.3.4 Message size exceeds fixed limit",  # Postfix
    "552 Message rejected: spam score 9.1",
    "552 5.7.0 Our system detected an illegal attachment on your message",  # Gmail
    "550 maximum allowed line length is 998 octets, got 2000",  # Exim
    "550 5.6.0 CAT.InvalidContent.Exception",  # Exchange
    "554 Transaction failed: Duplicate header 'Subject'",  # Amazon SES
)
UNCLEAR_REPLIES = (
    "550 Requested action not taken: mailbox unavailable",  # RFC 5321's own words
    "554 5.0.0 Transaction failed",
    "550 5.4.1 Recipient address rejected: Access denied",  # Exchange, of unknown recipients too
    "550 5.1.1 User unknown, blocked by our spam policy",
)
DEAD_ADDRESSES = (
    "550 5.1.1 <reader@example.org>: Recipient address rejected: User unknown",
    "550 No Such User Here",
    "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
    "554 delivery error: dd This user doesn't have a yahoo.com account (reader@yahoo.com) [0]",
)
ABOUT_MAILBOX = (
    "552 5.2.2 The email account that you tried to reach is over quota",
    "550 5.2.1 The email account that you tried to reach is disabled",
    "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required",
)
