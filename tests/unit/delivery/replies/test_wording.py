"""When two replies say the same."""

from digest.delivery.replies.wording import fingerprint


def test_addresses_digits_and_ids_do_not_make_replies_differ() -> None:
    replies = [
        "5.7.1 <ann@example.org>: Access denied (id 4F7a8b, 12:03:01)",
        "5.7.1 <ben.o'hara+x@mail.example.net>: Access denied (id 99Cc01, 12:04:59)",
        "5.7.1 cyd@example.org: access   denied (id deadbeefcafe, 12:05:00) https://x.example/1",
    ]
    assert {fingerprint(text) for text in replies} == {"access denied id"}


def test_other_words_make_them_differ() -> None:
    assert fingerprint("user unknown") != fingerprint("relay denied")


def test_a_text_of_codes_alone_says_nothing() -> None:
    assert fingerprint("5.0.0 12345") == ""
