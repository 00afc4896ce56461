"""A Message-ID is the same on every try, and cannot be guessed."""

from digest.delivery.ledger.message_ids import MessageIdMaker


def test_the_stored_key_makes_the_same_message_ids_again() -> None:
    maker = MessageIdMaker.new("news.example.org")
    again = MessageIdMaker.parse(str(maker))
    assert again.message_id(17) == maker.message_id(17)


def test_no_two_deliveries_and_no_two_mailings_share_a_message_id() -> None:
    makers = MessageIdMaker.new("news.example.org"), MessageIdMaker.new("news.example.org")
    made = {maker.message_id(number) for maker in makers for number in range(1, 100)}
    assert len(made) == 198


def test_a_message_id_is_under_the_senders_domain_and_names_its_delivery() -> None:
    made = MessageIdMaker("key", "news.example.org").message_id(17)
    left, _, right = made.strip("<>").partition("@")
    assert right == "news.example.org"
    number, _, keyed = left.partition(".")
    assert (number, len(keyed)) == ("17", 30)


def test_message_ids_stay_the_same_across_releases() -> None:
    """A reader who gets a second try after an upgrade must see one message, not two."""
    made = MessageIdMaker.parse("key@news.example.org").message_id(17)
    assert made == "<17.a12ae0285140d1a5ed824fe71d28ad@news.example.org>"
