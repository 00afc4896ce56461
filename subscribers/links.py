"""Signed links: short, without expiry, each for one purpose and one reader."""

import re

from subscribers.keys import BadToken, Keyring

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

_UNSUBSCRIBE, _PREFERENCES, _RETURN_PATH = "unsubscribe", "preferences", "return-path"


def unsubscribe_token(keyring: Keyring, subscriber_id: int, edition: str) -> str:
    """The token that ends this reader's subscription to this edition (RFC 8058).

    Raises `ValueError` unless `edition` is made of a-z, 0-9 and single hyphens.
    """
    if not SLUG.fullmatch(edition):
        raise ValueError(f"not a slug that fits into a link: {edition!r}")
    return keyring.sign(_UNSUBSCRIBE, f"{subscriber_id}-{edition}")


def read_unsubscribe_token(keyring: Keyring, token: str) -> tuple[int, str]:
    """(subscriber id, edition); raises `BadToken`."""
    number, _, edition = keyring.verify(_UNSUBSCRIBE, token).partition("-")
    return int(number), edition


def preferences_token(keyring: Keyring, subscriber_id: int) -> str:
    """The token that opens and changes this reader's preferences."""
    return keyring.sign(_PREFERENCES, str(subscriber_id))


def read_preferences_token(keyring: Keyring, token: str) -> int:
    """The subscriber id; raises `BadToken`."""
    return int(keyring.verify(_PREFERENCES, token))


def return_path_tag(keyring: Keyring, delivery_id: int) -> str:
    """The signed part of a delivery's envelope sender (VERP), which proves a bounce genuine."""
    return keyring.sign(_RETURN_PATH, str(delivery_id))


def read_return_path_tag(keyring: Keyring, tag: str) -> int:
    """The delivery id; the case of the tag does not matter. Raises `BadToken`."""
    return int(keyring.verify(_RETURN_PATH, tag.lower()))


__all__ = [
    "BadToken",
    "preferences_token",
    "read_preferences_token",
    "read_return_path_tag",
    "read_unsubscribe_token",
    "return_path_tag",
    "unsubscribe_token",
]
