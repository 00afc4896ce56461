"""A Message-ID is the same on every try, and nobody's guess."""

from digest.delivery.ledger.postmark import Postmark


def test_what_is_kept_with_a_mailing_makes_the_same_message_ids_again() -> None:
    postmark = Postmark.new("news.example.org")
    again = Postmark.parse(str(postmark))
    assert again.message_id(17) == postmark.message_id(17)


def test_no_two_deliveries_and_no_two_mailings_share_a_message_id() -> None:
    one, other = Postmark.new("news.example.org"), Postmark.new("news.example.org")
    made = {mark.message_id(number) for mark in (one, other) for number in range(1, 100)}
    assert len(made) == 198


def test_a_message_id_is_under_the_senders_domain_and_names_its_delivery() -> None:
    left, _, right = Postmark("key", "news.example.org").message_id(17).strip("<>").partition("@")
    assert right == "news.example.org"
    number, _, keyed = left.partition(".")
    assert (number, len(keyed)) == ("17", 30)
