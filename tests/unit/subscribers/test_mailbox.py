"""`Name <address>`, as people write it: nothing is lost, and what is unclear is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.errors import InvalidMailbox
from subscribers.mailbox import Mailbox


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("news@example.org", "", "news@example.org"),
        ("<news@example.org>", "", "news@example.org"),
        ("AI@Work <news@example.org>", "AI@Work", "news@example.org"),
        ("AI: the week <news@example.org>", "AI: the week", "news@example.org"),
        ("Acme, Inc. <news@example.org>", "Acme, Inc.", "news@example.org"),
        ("A; B <news@example.org>", "A; B", "news@example.org"),
        ('"Acme, Inc." <news@example.org>', "Acme, Inc.", "news@example.org"),
        (r'"The \"Best\" \\ AI" <news@example.org>', r'The "Best" \ AI', "news@example.org"),
        ('Tom "The Tool" Smith <t@example.org>', 'Tom "The Tool" Smith', "t@example.org"),
        ("Foo <bar> <t@example.org>", "Foo <bar>", "t@example.org"),
        ("Tools (weekly) <t@example.org>", "Tools (weekly)", "t@example.org"),
        ("news@example.org <news@example.org>", "news@example.org", "news@example.org"),
        ("Otter.ai\u00a0News  <t@example.org> ", "Otter.ai News", "t@example.org"),
        ("👩\u200d💻 Wöchentlich <t@example.org>", "👩\u200d💻 Wöchentlich", "t@example.org"),
        ("News<b@münchen.example>", "News", "b@xn--mnchen-3ya.example"),
    ],
)
def test_the_last_angle_brackets_hold_the_address(text: str, name: str, address: str) -> None:
    assert Mailbox.parse(text) == (name, address)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("nobody", "'nobody' has no @"),
        (
            "Tom <tom@example.org>, Ann <ann@example.org>",
            "holds several addresses, tom@example.org",
        ),
        ("Tom <tom@example.org> Ann <ann@example.org>", "holds several addresses, tom@example.org"),
        ("tom@example.org,ann@example.org", "holds several addresses"),
        ("tom@example.org ann@example.org", "holds several addresses"),
        ("tom@example.org <ann@example.org>", "holds several addresses"),
        ("News news@example.org", "write News <news@example.org>"),
        ("Acme, news@example.org", "write Acme <news@example.org>"),
        ("news@example.org (News)", "write News <news@example.org>"),
        ("News <news@example.org", "write News <news@example.org>"),
        ("News <news@example.org> now", "write News now <news@example.org>"),
        ("news@example.org>", "has a > without a <"),
        ("News <>", "has no usable address"),
        ("News <mailto:news@example.org>", "has mailto:"),
        ("Root <root@localhost>", "'root@localhost' is not valid"),
        ("News <news@[192.0.2.1]>", "has no usable address"),
        ("News <news@example.org>\r\nBcc: x@example.org", r"U\+000D"),
        ("sweN\u202e <news@example.org>", r"U\+202E"),
        ("x" * 201 + " <news@example.org>", "more than 200 characters"),
    ],
)
def test_what_is_unclear_is_refused_with_the_next_step(text: str, reason: str) -> None:
    with pytest.raises(InvalidMailbox, match=reason):
        Mailbox.parse(text)


def test_several_are_separated_by_commas_and_semicolons() -> None:
    found = Mailbox.parse_all(
        'Acme, Inc. <a@example.org>, "B, C" <b@example.org>; c@example.org,a@example.org,'
    )
    assert found == (
        ("Acme, Inc.", "a@example.org"),
        ("B, C", "b@example.org"),
        ("", "c@example.org"),
        ("", "a@example.org"),
    )
    with pytest.raises(InvalidMailbox, match="'Ann' has no @"):
        Mailbox.parse_all("a@example.org, Ann")


def test_a_sender_s_address_is_ascii() -> None:
    assert Mailbox.parse("Ä <ä@example.org>").address == "ä@example.org"
    with pytest.raises(InvalidMailbox, match="only some relays"):
        Mailbox.parse_sender("Ä <ä@example.org>")


NAMES = st.text(st.characters(blacklist_categories=("Cc", "Cf", "Cs", "Zl", "Zp")), max_size=60)


@given(NAMES | st.text(st.sampled_from('aB .,:;@<>()[]\\"'), max_size=40))
def test_what_is_written_is_read_again(name: str) -> None:
    name = " ".join(name.split())
    mailbox = Mailbox(name, "news@example.org")
    assert Mailbox.parse(str(mailbox)) == mailbox
