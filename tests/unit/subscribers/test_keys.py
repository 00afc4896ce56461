"""Keys, signed links and their tampering."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from subscribers.keys import BadToken, Keyring
from subscribers.links import (
    preferences_token,
    read_preferences_token,
    read_return_path_tag,
    read_unsubscribe_token,
    return_path_tag,
    unsubscribe_token,
)

OLD, NEW = "the old key, in force for years", "the new key, in force since today"
RING = Keyring(OLD)

ids = st.integers(1, 2**63 - 1)
slugs = st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)*", fullmatch=True).filter(lambda s: len(s) < 40)


@given(ids, slugs)
def test_a_link_names_the_reader_and_the_edition(subscriber_id: int, edition: str) -> None:
    token = unsubscribe_token(RING, subscriber_id, edition)
    assert read_unsubscribe_token(RING, token) == (subscriber_id, edition)
    assert read_preferences_token(RING, preferences_token(RING, subscriber_id)) == subscriber_id
    assert read_return_path_tag(RING, return_path_tag(RING, subscriber_id)) == subscriber_id


@given(ids, slugs, st.data())
def test_an_altered_or_cut_link_is_refused(
    subscriber_id: int, edition: str, data: st.DataObject
) -> None:
    token = unsubscribe_token(RING, subscriber_id, edition)
    at = data.draw(st.integers(0, len(token) - 1))
    instead = data.draw(st.characters() | st.just(""))
    altered = token[:at] + instead + token[at + 1 :]
    assume(altered != token)
    with pytest.raises(BadToken):
        read_unsubscribe_token(RING, altered)


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    for read in (read_unsubscribe_token, read_preferences_token, read_return_path_tag):
        with pytest.raises(BadToken):
            read(RING, text)


def test_a_link_is_good_for_one_purpose_only() -> None:
    with pytest.raises(BadToken):
        read_preferences_token(RING, return_path_tag(RING, 7))


def test_links_outlive_a_rotation_but_not_the_loss_of_their_key() -> None:
    token = preferences_token(RING, 7)
    assert read_preferences_token(Keyring(NEW, OLD), token) == 7
    with pytest.raises(BadToken):
        read_preferences_token(Keyring(NEW), token)


def test_new_links_are_signed_with_the_first_key() -> None:
    token = preferences_token(Keyring(NEW, OLD), 7)
    assert read_preferences_token(Keyring(NEW), token) == 7


def test_the_hash_of_an_address_outlives_a_rotation() -> None:
    assert Keyring(NEW, OLD).address_hash("a@example.org") == RING.address_hash("a@example.org")
    assert Keyring(NEW).address_hash("a@example.org") != RING.address_hash("a@example.org")


def test_links_are_short_enough_not_to_be_folded_or_encoded() -> None:
    token = unsubscribe_token(RING, 9_999_999, "weekly")
    assert len(f"<https://digest.example.org/u/{token}>") < 78


def test_a_return_path_fits_its_local_part_and_survives_folded_case() -> None:
    tag = return_path_tag(RING, 2**63 - 1)
    assert len(f"bounces+{tag}") <= 64  # RFC 5321 section 4.5.3.1.1
    assert read_return_path_tag(RING, tag.upper()) == 2**63 - 1


def test_a_slug_that_does_not_fit_into_a_link_is_a_programming_error() -> None:
    for slug in ("", "Weekly", "a.b", "a--b", "-a", "a/b"):
        with pytest.raises(ValueError):
            unsubscribe_token(RING, 1, slug)


def test_short_keys_are_refused() -> None:
    with pytest.raises(ValueError):
        Keyring.from_text("long enough for a key, short")


def test_links_that_were_sent_before_keep_working() -> None:
    assert unsubscribe_token(RING, 7, "weekly") == "fbc3.7-weekly.ddcecb6a5fd8012e2ca124d83e"
