"""Parsing addresses."""

import unicodedata

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from subscribers.address import EmailAddress, InvalidAddress

ATEXT = "abcXYZ019!#$%&'*+/=?^_`{|}~-"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        ("ann.example.org", "has no @"),
        ("@example.org", "before the @"),
        ("ann@", "after the @"),
        ("an\nn@example.org", "U+000A"),
        ("an\u200bn@example.org", "ZERO WIDTH"),
        ("ann@example.org\r\nBcc: eve@example.org", "not valid"),
        ("an\x00n@example.org", "U+0000"),
        ('"ann b"@example.org', "Quoting"),
        ("ann@[192.0.2.1]", "bracketed"),
        ("Ann <ann@example.org>", "display name"),
        ("ann@localhost", "period"),
        ("ann@test", "no full domain"),
        ("ann@corp.local", "special-use"),
        ("ann@example..org", "two periods"),
        (".ann@example.org", "start with a period"),
        ("an\u202en@example.org", "RIGHT-TO-LEFT"),
        ("😀@example.org", "symbol"),
        ("ann@😀.org", "not allowed"),
        ("ａｎｎ@example.org", "look-alike"),
        ("ﬁn@example.org", "look-alike"),
        ("a" * 65 + "@example.org", "too long"),
        ("a" * 60 + "@" + "b" * 60 + "." + "c" * 60 + "." + "d" * 60 + "." + "e" * 30, "254"),
        ("a" * 10_000_000, "254"),
        ("ü" * 100 + "@" + "b" * 60 + ".example.org", "too long"),
    ],
)
def test_an_address_that_cannot_be_mailed_is_rejected_with_a_reason(raw: str, reason: str) -> None:
    with pytest.raises(InvalidAddress) as caught:
        EmailAddress.parse(raw)
    assert reason in caught.value.reason
    assert str(caught.value).startswith("That doesn't look like an email address")


@pytest.mark.parametrize("raw", ["ann@example.org", "ann@news.test", "+ann=x'y@example.com"])
def test_names_reserved_for_tests_and_documentation_are_accepted(raw: str) -> None:
    assert EmailAddress.parse(raw).wire == raw


def test_spaces_around_an_address_are_removed() -> None:
    assert EmailAddress.parse("  ann@example.org ").text == "ann@example.org"


def test_two_spellings_are_one_reader_but_each_is_mailed_to_as_written() -> None:
    one, other = EmailAddress.parse("Ann@EXAMPLE.org"), EmailAddress.parse("ann@example.org")
    assert one.normalised == other.normalised == "ann@example.org"
    assert one.wire == "Ann@example.org"


def test_a_domain_in_another_script_travels_as_a_labels_and_is_shown_as_written() -> None:
    address = EmailAddress.parse("ann@MÜNCHEN.example")
    assert address.wire == address.normalised == "ann@xn--mnchen-3ya.example"
    assert address.domain == "xn--mnchen-3ya.example"
    assert address.text == "ann@münchen.example"
    assert not address.needs_smtputf8
    assert EmailAddress.parse("ann@xn--mnchen-3ya.example") == address


def test_a_local_part_in_another_script_needs_smtputf8() -> None:
    address = EmailAddress.parse("Øyvind@example.org")
    assert address.needs_smtputf8
    assert address.normalised == "øyvind@example.org"


def test_composed_and_decomposed_letters_are_the_same() -> None:
    decomposed = unicodedata.normalize("NFD", "zoë@example.org")
    assert EmailAddress.parse(decomposed) == EmailAddress.parse("zoë@example.org")


def test_a_masked_address_is_recognised_by_its_owner_only() -> None:
    assert EmailAddress.parse("ann.lee@example.org").masked == "a…@example.org"


def parsed(raw: str) -> EmailAddress | None:
    try:
        return EmailAddress.parse(raw)
    except InvalidAddress:
        return None


# Random text is hardly ever an address: mix the pieces of addresses with anything.
pieces = st.sampled_from(["ann", "example", ".org", "@", ".", "-", "xn--", "ü", '"', " ", "\r\n"])
almost = st.lists(pieces | st.characters(), max_size=12).map("".join)
addresses = st.builds(
    "{}@{}.org".format,
    st.text(st.characters(categories=("L", "M", "N", "P", "S", "C")), min_size=1, max_size=20),
    st.text("abü09-.\u0661\u05d0", min_size=1, max_size=20),
)


@given(almost | addresses)
def test_nothing_that_ends_a_line_or_a_header_gets_through(raw: str) -> None:
    address = parsed(raw)
    if address is None:
        return
    for form in (address.text, address.wire, address.normalised, address.masked):
        assert not any(unicodedata.category(c)[0] in "CZ" for c in form)
        assert form.count("@") == 1
        assert len(form.encode()) <= 254 + 4
        assert not set(form) & set('<>(),;:"[]\\')
    assert address.wire.isascii() is not address.needs_smtputf8
    assert address.domain.isascii()


@given(addresses)
def test_every_form_that_is_stored_or_shown_parses_to_the_same_address(raw: str) -> None:
    address = parsed(raw)
    if address is not None:
        assert EmailAddress.parse(address.wire) == address
        assert EmailAddress.parse(address.text) == address


@given(
    st.text(ATEXT + ".", max_size=66),
    st.text("abc09-.", max_size=12).map("{}.org".format),
)
def test_the_fast_path_for_plain_local_parts_agrees_with_email_validator(
    local: str, domain: str
) -> None:
    raw = f"{local}@{domain}"
    try:
        validate_email(raw, check_deliverability=False, strict=True)
    except EmailNotValidError:
        assert parsed(raw) is None
    else:
        assert parsed(raw) is not None


@pytest.mark.parametrize("space", "\u00a0\u200b\ufeff\u2003\u202a\u00ad\n\t")
def test_white_space_and_invisible_characters_around_an_address_are_removed(space: str) -> None:
    assert EmailAddress.parse(f"{space} ann@example.org{space}").text == "ann@example.org"
    assert EmailAddress.parse(f" {space}zoë@münchen.example{space} ").text == "zoë@münchen.example"


@pytest.mark.parametrize(
    "raw",
    [
        "аdmin@example.org",  # Cyrillic а
        "ann.аdmin@example.org",
        "а.dmin@example.org",
        "ann@exаmple.com",
        "ann@аррӏе.com",
        "ann@сосо.example",
        "ann@xn--80ak6aa92e.com",  # аррӏе
        "ann@ехаmple.com",
        "οορα@example.org",  # Greek
        "ann@gοοgle.com",
        "ann@mail.рауроal.com",
        "ann@раураl.com",
        "аор@gmail.com",
    ],
)
def test_an_address_made_to_look_like_another_is_rejected(raw: str) -> None:
    with pytest.raises(InvalidAddress, match="look like Latin"):
        EmailAddress.parse(raw)


@pytest.mark.parametrize(
    "raw",
    [
        "ann@münchen.example",
        "ann@例え.jp",
        "info@почта.рф",
        "иван@почта.рф",
        "хор@почта.рф",
        "ann@сосо.рф",
        "иван.smith@example.org",
        "иван2@example.org",
        "ann@东京abc.example",
        "ann@ひらがなカタカナ漢字.jp",
        "ann@ラーメン.jp",
        "ann@한국.kr",
        "ann@παράδειγμα.gr",
        "ann@ελλάδα.ελ",
        "ann@مثال.example",
        "ann@דוגמה.example",
        "ann@straße.de",
        "øyvind@example.org",
        "ann@ไทย.th",
        "ann@उदाहरण.example",
        "ann@հայ.հայ",
        "ann@россия.com",
        "ann@сосо.ru",
        "ιωαννα@example.gr",
        "đặng@example.vn",
        "ann@işbank.example",
    ],
)
def test_words_of_one_script_are_addresses_in_any_language(raw: str) -> None:
    assert EmailAddress.parse(raw)
