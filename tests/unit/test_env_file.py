"""`.env` is read as it was written, or refused with file, line and setting."""

from pathlib import Path

import pytest

from digest.errors import Misconfigured
from digest.services.installation.doctor.run_checks import run_checks
from digest.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def loaded(text: str) -> Settings:
    Path(".env").write_bytes(text.encode())
    return load_settings()


REFUSED = [
    (
        "DIGEST_POSTAL_ADDRESS=1 Main St, Suite #5, Springfield",
        r"^\.env, line 3: DIGEST_POSTAL_ADDRESS would be cut at the #; put the whole value into",
    ),
    ("DIGEST_PORT=8000 # the port", "line 3: DIGEST_PORT would be cut at the #"),
    ('DIGEST_SENDER="Acme, Inc." <news@example.org>', "line 3: DIGEST_SENDER cannot be read"),
    ("DIGEST_SITE_NAME='It's News'", "line 3: DIGEST_SITE_NAME cannot be read"),
    ('DIGEST_SITE_NAME="Weekly', "line 3: DIGEST_SITE_NAME cannot be read"),
    ("DIGEST_SITE_NAME='Tom\nDIGEST_SENDER=Tom's <a@b.org>", "line 3: DIGEST_SITE_NAME "),
    ("DIGEST_SENDER: News <a@b.org>", "line 3: DIGEST_SENDER is no NAME=value"),
    ("DIGEST_SENDER", "line 3: DIGEST_SENDER has no value"),
    ("this is not a setting", "line 3: this is no NAME=value"),
    ("DIGEST_STMP_URL=smtp://x", r"line 3: there is no DIGEST_STMP_URL; did you mean DIGEST_SMTP"),
    ("DIGETS_SENDER=a@b.org", "line 3: there is no DIGETS_SENDER; did you mean DIGEST_SENDER"),
    ("digest_sendr=a@b.org", "did you mean DIGEST_SENDER"),
    ("DIGEST_COLOUR=red", "line 3: there is no setting DIGEST_COLOUR; remove the line"),
    ("DIGEST_PORT=1\nDIGEST_PORT=2", r"line 4: DIGEST_PORT is set again, after \.env, line 3"),
    ("DIGEST_PORT=many", r"^\.env, line 3: DIGEST_PORT: Input should be a valid integer"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_would_be_cut_or_skipped_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(Misconfigured, match=message):
        loaded(f"# the installation\n\n{text}\n")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("'1 Main St, Suite #5, Springfield'", "1 Main St, Suite #5, Springfield"),
        ('"1 Main St, Suite #5" # at the door', "1 Main St, Suite #5"),
        ("Straße#5", "Straße#5"),
        ("  Tom's Desk, 1 Main St  ", "Tom's Desk, 1 Main St"),
        ("${HOME} & $5", "${HOME} & $5"),
        (r"'It\'s here'", "It's here"),
        ("", ""),
    ],
)
def test_a_value_is_what_was_written(written: str, value: str) -> None:
    assert loaded(f"export DIGEST_POSTAL_ADDRESS={written}\r\n").postal_address == value


def test_a_file_from_notepad_is_read_from_its_first_line() -> None:
    assert loaded("\ufeffDIGEST_PORT=8088\n").port == 8088


def test_names_of_other_programs_are_none_of_our_business() -> None:
    assert loaded("POSTGRES_PASSWORD=x\nPORT=1\nHOST=h\nDIGEST_LOG=info\n").port == 8000


def test_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_PORT", "8099")
    assert loaded("DIGEST_PORT=8088\n").port == 8099
    monkeypatch.setenv("DIGEST_PORT", "")
    assert load_settings().port == 8088


def test_a_secret_s_file_can_be_named_in_it(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a key of the whole newsletter\n")
    key = loaded("DIGEST_SECRET_KEY_FILE=secret\n").secret_key
    assert key is not None
    assert key.get_secret_value() == "a key of the whole newsletter"


def test_no_message_shows_a_value() -> None:
    for text in ('DIGEST_SMTP_URL="smtp://u:hushhush@h', "DIGEST_SMTP_URL=smtp://u:hushhush@h #x"):
        with pytest.raises(Misconfigured) as caught:
            loaded(text)
        assert "hushhush" not in str(caught.value)


def test_a_misspelt_name_in_the_environment_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_STMP_URL", "smtp://relay")
    with pytest.raises(Misconfigured, match=r"^DIGEST_STMP_URL: .* did you mean DIGEST_SMTP_URL"):
        load_settings()


async def test_the_doctor_tells_of_names_that_are_no_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("DIGEST_SERVICE_HOST", "DIGEST_SERVICE_PORT", "DIGEST_SMTP_URL_2"):
        monkeypatch.setenv(name, "x")  # as Kubernetes sets them, and `url_env` of a relay may
    checks = {check.name: check for check in await run_checks(load_settings())}
    assert checks["settings"].level == "warning"
    assert "DIGEST_SERVICE_HOST, DIGEST_SERVICE_PORT" in checks["settings"].message
