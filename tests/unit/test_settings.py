"""Settings from the environment: errors name the setting and never show a secret."""

from pathlib import Path

import pytest

from digest.errors import Misconfigured
from digest.settings import HostPort, load_settings


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DIGEST_PORT", "abc"),
        ("DIGEST_PORT", "70000"),
        ("DIGEST_SENDER", "nobody in particular"),
        ("DIGEST_SENDER", "A <a@b.example>\r\nBcc: c <c@d.example>"),
        ("DIGEST_SENDER", "Tom <tom@b.example>, Ann <ann@b.example>"),
        ("DIGEST_SENDER", "Root <root@localhost>"),
        ("DIGEST_SENDER", "News <news@b.example"),
        ("DIGEST_SENDER", "Jürgen <jürgen@b.example>"),
        ("DIGEST_RETURN_PATH", "a@b.example, c@d.example"),
        ("DIGEST_RETURN_PATH", "bounces"),
        ("DIGEST_EDITOR", "Tom"),
        ("DIGEST_EDITOR", "tom@b.example; Ann"),
        ("DIGEST_SITE_NAME", " "),
        ("DIGEST_SITE_NAME", "Verdicts\nBcc: c@d.example"),
        ("DIGEST_PUBLIC_URL", "digest.example.org"),
        ("DIGEST_PUBLIC_URL", "http://digest.example.org"),
        ("DIGEST_DATABASE_URL", "nonsense"),
        ("DIGEST_WORK_LISTEN", "9464"),
        ("DIGEST_WORK_LISTEN", "localhost"),
        ("DIGEST_WORK_LISTEN", "127.0.0.1:70000"),
        ("DIGEST_WORK_LISTEN", "127.0.0.1:+1"),
        ("DIGEST_WORK_LISTEN", "::1:9464"),
        ("DIGEST_WORK_LISTEN", "[127.0.0.1]:9464"),
    ],
)
def test_an_invalid_setting_is_named(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(Misconfigured, match=f"^{name}: "):
        load_settings()


@pytest.mark.parametrize(
    ("written", "sender"),
    [
        ("AI@Work <news@example.org>", '"AI@Work" <news@example.org>'),
        ("AI: the week <news@example.org>", '"AI: the week" <news@example.org>'),
        ("Acme, Inc. <news@example.org>", '"Acme, Inc." <news@example.org>'),
        ("News <news@münchen.example>", "News <news@xn--mnchen-3ya.example>"),
    ],
)
def test_a_sender_is_what_was_written(
    written: str, sender: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_SENDER", written)
    assert load_settings().sender == sender


def test_a_return_path_is_in_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_RETURN_PATH", "Bounces <b@münchen.example>")
    assert load_settings().return_path == "b@xn--mnchen-3ya.example"


def test_there_can_be_several_editors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_EDITOR", "Acme, Inc. <a@b.example>; tom@c.example, <a@b.example>")
    assert load_settings().editors == ("a@b.example", "tom@c.example")


@pytest.mark.parametrize("name", ["DIGEST_DATABASE_URL", "DIGEST_SMTP_URL", "DIGEST_SECRET_KEY"])
def test_a_secret_can_come_from_a_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = "sqlite+aiosqlite:////srv/hushhush.db"
    (tmp_path / "secret").write_text(f"{value}\n")
    monkeypatch.setenv(f"{name}_FILE", str(tmp_path / "secret"))
    settings = load_settings()
    held = getattr(settings, name.removeprefix("DIGEST_").lower())
    assert held.get_secret_value() == value
    assert "hushhush" not in repr(settings)
    monkeypatch.setenv(f"{name}_FILE", str(tmp_path / "gone"))
    with pytest.raises(Misconfigured, match=f"^{name}_FILE: cannot read"):
        load_settings()


def test_a_secret_is_not_shown_in_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_DATABASE_URL", "mysql://root:hushhush@there/db")
    with pytest.raises(Misconfigured) as caught:
        load_settings()
    assert "hushhush" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_error_for_an_env_file_in_another_encoding_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("DIGEST_POSTAL_ADDRESS=Straße 1".encode("latin-1"))
    with pytest.raises(Misconfigured, match=r"^\.env: is not UTF-8"):
        load_settings()


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:9464", "127.0.0.1", 9464),
        ("worker-2.internal:0", "worker-2.internal", 0),
        ("[::1]:9464", "::1", 9464),
    ],
)
def test_an_address_to_listen_on_has_a_host_and_a_port(text: str, host: str, port: int) -> None:
    assert HostPort.parse(text) == (host, port)
    assert HostPort(host, port).url == f"http://{text}"
