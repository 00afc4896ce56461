"""`digest editions …`, as an editor types it."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from digest import cli

KEYS = {
    "slug", "name", "active", "weekdays", "send_time", "zone", "cutoff_hours", "min_items",
    "max_items", "max_age_days", "grace_hours", "give_up_hours", "approval", "on_unknown",
    "template", "sender", "reply_to", "cadence", "next_slot", "notes",
}  # fmt: skip


@pytest.fixture
def digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs a command line in a fresh installation; (exit status, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "SECRET_KEY", "DATA_DIR"):
        monkeypatch.delenv(f"DIGEST_{name}", raising=False)
    monkeypatch.setenv("COLUMNS", "200")

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["digest", *arguments])
        try:
            cli.main()
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
        return status, *capsys.readouterr()

    assert command("init")[0] == 0
    return command


def as_json(ran: tuple[int, str, str]) -> Any:
    status, out, _ = ran
    assert status == 0
    return json.loads(out)


def test_the_list_shows_cadence_and_next_slot_of_an_edition(digest) -> None:
    status, out, _ = digest("editions", "list")
    assert status == 0
    assert "Weekly AI Tool" in out  # the column may fold the rest
    assert "Tue 09:00 UTC" in out
    (edition,) = as_json(digest("editions", "list", "--json"))
    assert edition.keys() == KEYS
    assert edition["next_slot"].keys() == {"date", "state", "send_at", "cutoff_at", "words"}
    assert edition["next_slot"]["state"] == "planned"


def test_show_prints_all_settings(digest) -> None:
    status, out, _ = digest("editions", "show", "weekly")
    assert status == 0
    for text in ("15 h before, needs approval", "1 to 8", "60 days", "12 h", "48 h"):
        assert text in out
    assert as_json(digest("editions", "show", "weekly", "--json")).keys() == KEYS


def test_every_setting_can_be_set(digest) -> None:
    given = {
        "weekdays": ("tue,Friday", ["tue", "fri"]),
        "send-time": ("7:30", "07:30"),
        "zone": ("Europe/Berlin", "Europe/Berlin"),
        "cutoff-hours": ("6", 6),
        "min-items": ("2", 2),
        "max-items": ("5", 5),
        "max-age-days": ("30", 30),
        "grace-hours": ("4", 4),
        "give-up-hours": ("24", 24),
        "approval": ("automatic", "automatic"),
        "on-unknown": ("hold", "hold"),
        "name": ("[bold]Verdicts", "[bold]Verdicts"),
        "sender": ("Us <us@example.org>", "Us <us@example.org>"),
        "reply-to": ("us@example.org", "us@example.org"),
        "template": ("weekly", "weekly"),
    }
    options = [part for name, (value, _) in given.items() for part in (f"--{name}", value)]
    after = as_json(digest("editions", "set", "weekly", *options, "--json"))
    for name, (_, expected) in given.items():
        assert after[name.replace("-", "_")] == expected
    assert " 07:30 Berlin, in " in after["next_slot"]["words"]
    assert "weekly · [bold]Verdicts" in digest("editions", "show", "weekly")[1]


def test_an_edition_can_be_inactive_and_active_again(digest) -> None:
    inactive = as_json(digest("editions", "set", "weekly", "--inactive", "--json"))
    assert (inactive["active"], inactive["next_slot"]) == (False, None)
    assert "Tue 09:00 UTC (inactive)" in digest("editions", "list")[1]
    assert as_json(digest("editions", "set", "weekly", "--active", "--json"))["next_slot"]


def test_a_new_edition_needs_the_option_create(digest) -> None:
    status, out, err = digest("editions", "set", "builders", "--weekdays", "mon")
    assert (status, out) == (1, "")
    assert err.count("\n") == 1
    assert "--create" in err
    made = as_json(digest("editions", "set", "builders", "--weekdays", "mon", "--create", "--json"))
    assert (made["weekdays"], made["next_slot"]["state"]) == (["mon"], "planned")
    again = as_json(digest("editions", "set", "builders", "--create", "--name", "B", "--json"))
    assert (again["name"], again["weekdays"]) == ("B", ["mon"])


def test_an_unknown_edition_is_one_line(digest) -> None:
    status, _, err = digest("editions", "show", "monthly")
    assert status == 1
    assert err.startswith("digest: there is no edition 'monthly';")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--zone", "Berlin"], "did you mean Europe/Berlin?"),
        (["--weekdays", "noday"], "not a weekday"),
        (["--send-time", "9"], "not a time of day"),
        (["--min-items", "0"], "min-items must be from 1"),
        (["--approval", "maybe"], "maybe"),
        (["--colour", "red"], "No such option"),
        ([], "nothing to change"),
    ],
)
def test_a_usage_error_exits_with_status_two(digest, arguments: list[str], message: str) -> None:
    status, out, err = digest("editions", "set", "weekly", *arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert "Traceback" not in err


def test_contradicting_settings_are_refused_and_change_nothing(digest) -> None:
    status, _, err = digest("editions", "set", "weekly", "--name", "X", "--cutoff-hours", "168")
    assert status == 1
    assert "must be shorter than the time between two slots (168 h)" in err
    assert as_json(digest("editions", "show", "weekly", "--json"))["name"] != "X"


def test_a_slot_in_the_gap_has_a_note(digest, monkeypatch: pytest.MonkeyPatch) -> None:
    digest("editions", "set", "weekly", "--weekdays", "sun", "--send-time", "02:30")
    digest("editions", "set", "weekly", "--zone", "Europe/Berlin")
    with sqlite3.connect("var/digest.db") as database:
        database.execute("UPDATE slot SET local_date = '2027-03-28' WHERE id = 1")
    database.close()
    status, out, _ = digest("editions", "show", "weekly")
    assert status == 0
    assert "2027-03-28: 02:30 doesn't exist that day; sending at 03:00." in out
