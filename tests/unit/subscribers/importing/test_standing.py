"""Who may be mailed, by the files that other tools write."""

from collections.abc import Callable
from pathlib import Path

import pytest

from subscribers.errors import UnreadableFile
from subscribers.importing import Choices, check
from subscribers.keys import Keyring

Read = Callable[..., dict[str, str]]


@pytest.fixture
def read(tmp_path: Path, keyring: Keyring) -> Read:
    """The standing of each address in a file with this text."""

    def read_text(text: str, **choices: object) -> dict[str, str]:
        path = tmp_path / "list"
        path.write_text(text, encoding="utf-8")
        with check(path, keyring, None, Choices(**choices)) as checked:  # type: ignore[arg-type]
            return {
                row.address.partition("@")[0]: str(row.standing)
                for chunk in checked.spool.chunks(10)
                for row in chunk
            }

    return read_text


@pytest.mark.parametrize(
    ("value", "standing"),
    [
        ("active", "active"),
        ("Subscribed", "active"),
        ("unsubscribed", "unsubscribed"),
        ("UNSUBSCRIBED", "unsubscribed"),
        ("Un-subscribed ", "unsubscribed"),
        ("Unsubscribed by admin", "unsubscribed"),
        ("Désabonné", "unsubscribed"),
        ("de\u0301sinscrit", "unsubscribed"),
        ("abgemeldet", "unsubscribed"),
        ("Dado de baja", "unsubscribed"),
        ("inactive", "unsubscribed"),
        ("pending", "unconfirmed"),
        ("unactivated", "unconfirmed"),
        ("Unconfirmed", "unconfirmed"),
        ("validating", "unconfirmed"),
        ("NEVER_SUBSCRIBED", "without consent"),
        ("Non-Subscribed", "without consent"),
        ("cleaned", "bounced"),
        ("Bounced", "bounced"),
        ("undeliverable", "bounced"),
        ("unreachable", "bounced"),
        ("complained", "complained"),
        ("Marked as spam", "complained"),
        ("blocklisted", "blocked"),
        ("disabled", "blocked"),
        ("removed", "blocked"),
    ],
)
@pytest.mark.parametrize(
    "heading", ["status", "Status", "Email Marketing Consent", "subscription_status", "STATE"]
)
def test_a_state_is_known_in_the_words_of_other_tools(
    read: Read, heading: str, value: str, standing: str
) -> None:
    assert read(f"email,{heading}\nann@example.org,{value}\n") == {"ann": standing}


@pytest.mark.parametrize(
    ("columns", "cells", "standing"),
    [
        ("UNSUB_TIME,UNSUB_REASON", "2024-03-01 10:00:00,NORMAL", "unsubscribed"),
        ("UNSUB_TIME,UNSUB_REASON", "2024-03-01 10:00:00,ABUSE", "complained"),
        ("CLEAN_TIME,CLEAN_CAMPAIGN_ID", "2024-03-01 10:00:00,7", "bounced"),
        ("OPTIN_TIME,CONFIRM_TIME", "2024-03-01 10:00:00,2024-03-01 10:00:00", "active"),
        ("email_disabled,active_subscription", "true,false", "unsubscribed"),
        ("email_disabled,active_subscription", "false,false", "active"),
        ("Receiving emails for", "None", "unsubscribed"),
        ("Receiving emails for", "The Weekly", "active"),
        ("status,unsubscribed_at", "active,2024-03-01T00:00:00Z", "unsubscribed"),
        ("status,unsubscribed_at", "active,", "active"),
        ("subscribed_to_emails,deleted_at", "true,", "active"),
        ("subscribed_to_emails,deleted_at", "false,", "unsubscribed"),
        ("subscribed_to_emails,deleted_at", "true,2024-03-01", "unsubscribed"),
        ("BLOCKLISTED,DOUBLE_OPT-IN", "true,Yes", "blocked"),
        ("BLOCKLISTED,DOUBLE_OPT-IN", "false,No", "unconfirmed"),
        ("BLOCKLISTED,DOUBLE_OPT-IN", "false,", "active"),
        ("Unsubscribed from all email", "true", "unsubscribed"),
        ("Email hard bounce reason", "UNKNOWN_USER", "bounced"),
        ("Email hard bounce reason", "SPAM", "bounced"),
        ("Email hard bounce reason", "", "active"),
        ("Do Not Contact", "1", "blocked"),
        ("Do not e-mail", "x", "blocked"),
        ("HasOptedOutOfEmail", "TRUE", "unsubscribed"),
        ("Email Opt Out", "0", "active"),
        ("Email Opt-In", "no", "without consent"),
        ("Newsletter", "nein", "without consent"),
        ("Newsletter", "ja", "active"),
        ("Accepts Marketing", "oui", "active"),
        ("confirmed,blacklisted", "0,0", "unconfirmed"),
        ("confirmed,blacklisted", "1,1", "blocked"),
        ("Désinscrit le", "12/03/2024", "unsubscribed"),
        ("Abgemeldet am", "12.03.2024", "unsubscribed"),
        ("Fecha de baja", "12/03/2024", "unsubscribed"),
        ("Unsubscribe link", "https://example.org/u/1", "active"),
        ("State", "California", "active"),
        ("Type", "Home", "active"),
        ("Lead Status", "Open", "active"),
        ("type", "unsubscribed", "unsubscribed"),
    ],
)
def test_a_column_is_known_by_its_heading(
    read: Read, columns: str, cells: str, standing: str
) -> None:
    assert read(f"Email,{columns},Name\nann@example.org,{cells},Ann\n") == {"ann": standing}


@pytest.mark.parametrize(
    "empty",
    ["", "0000-00-00", "0000-00-00 00:00:00", "None", "null", "-", "–", "N/A", "false", "No", "0",
     "0001-01-01T00:00:00Z", "1970-01-01 00:00:00", "NULL", "  ", "nein", "non"],
)  # fmt: skip
def test_a_time_or_flag_that_is_not_set_says_nothing(read: Read, empty: str) -> None:
    text = f"email,unsubscribed_at,bounced\nann@example.org,{empty},{empty}\n"
    assert read(text) == {"ann": "active"}


def test_json_is_read_by_the_same_rules(read: Read) -> None:
    assert read(
        """[{"email": "ann@example.org", "status": "unsubscribed"},
            {"email": "bob@example.org", "status": "enabled"},
            {"email": "eve@example.org"},
            {"email": "joe@example.org", "status": "enabled", "unsubscribed_at": "2024-01-01"},
            {"email": "kim@example.org", "status": "enabled",
             "lists": [{"name": "a", "subscription_status": "unsubscribed"}]}]"""
    ) == {
        "ann": "unsubscribed",
        "bob": "active",
        "eve": "without consent",
        "joe": "unsubscribed",
        "kim": "unsubscribed",
    }
    line = '{"email": "ann@example.org", "subscribed": false}\n'
    assert read(line) == {"ann": "unsubscribed"}


def test_of_duplicates_the_most_restrictive_wins(read: Read) -> None:
    text = "email,status\nann@example.org,active\nANN@Example.org,unsubscribed\n"
    assert list(read(text).values()) == ["unsubscribed"]
    text = "email,status\nann@example.org,complained\nann@example.org,unsubscribed\n"
    assert list(read(text).values()) == ["complained"]


def test_a_value_that_is_not_known_stops_the_import_and_asks(read: Read) -> None:
    text = "email,status\nann@example.org,golden\nbob@example.org,\neve@example.org,bounced\n"
    with pytest.raises(UnreadableFile, match=r"'golden' \(1\), 'empty' \(1\).*--take"):
        read(text)
    found = read(text, take=("Golden",))
    assert found == {"ann": "active", "bob": "without consent", "eve": "bounced"}
    assert read(text, take=("golden", "empty"))["bob"] == "active"
    with pytest.raises(UnreadableFile, match="no row has 'silver'"):
        read(text, take=("silver",))
    with pytest.raises(UnreadableFile, match="cannot be reached"):
        read(text, take=("golden", "bounced"))


def test_the_column_that_tells_it_can_be_named(read: Read) -> None:
    text = "email,status,Mitglied\nann@example.org,gold,ja\nbob@example.org,gold,ausgetragen\n"
    with pytest.raises(UnreadableFile, match="'gold'"):
        read(text)
    found = read(text, status_column="mitglied", take=("ja",))
    assert found == {"ann": "active", "bob": "unsubscribed"}


def test_a_word_that_tells_it_in_an_unknown_column_stops_the_import(read: Read) -> None:
    text = "email,notes\nann@example.org,fine\nbob@example.org,unsubscribed\n"
    with pytest.raises(UnreadableFile, match="'notes' says 'unsubscribed'"):
        read(text)
    for word in ("unsubscribed", "active", "bounced"):
        with pytest.raises(UnreadableFile, match="--status-column"):
            read(f"ann@example.org,{word}\n")
    assert read("ann@example.org,bounced\n", status_column="2") == {"ann": "bounced"}
    assert read("ann@example.org,Ann Lee\n") == {"ann": "active"}
