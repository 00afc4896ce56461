"""Which addresses are counted as one mailbox."""

import pytest

from subscribers.address import EmailAddress
from subscribers.cap_keys import mailbox_of


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("Ann.Lee+news@Gmail.com", "annlee@gmail.com"),
        ("annlee@googlemail.com", "annlee@gmail.com"),
        ("ann.lee@example.org", "ann.lee@example.org"),
        ("Ann+a+b@example.org", "ann@example.org"),
        ("+ann@example.org", "+ann@example.org"),
        ("ann+x@münchen.example", "ann@xn--mnchen-3ya.example"),
    ],
)
def test_tags_are_off_everywhere_and_dots_at_gmail(address: str, mailbox: str) -> None:
    assert mailbox_of(EmailAddress.parse(address)) == mailbox
