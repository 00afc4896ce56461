"""`digest.toml` is read strictly, and what is wrong is reported in one line without a secret."""

from pathlib import Path

import pytest

from digest.delivery.relays.config_file import read_relays, relays_of
from digest.errors import Misconfigured
from digest.settings import Settings

ONE = '[[relay]]\nname = "main"\nurl = "smtp://me:hunter2@mail.example.org"\n'


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def settings_with(text: str | None = None, **values: object) -> Settings:
    if text is not None:
        Path("digest.toml").write_text(text, encoding="utf-8")
    return Settings(_env_file=None, **values)  # type: ignore[arg-type]


def test_the_example_in_the_docs_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    example = Path(__file__).parents[4] / "docs" / "digest.example.toml"
    Path("relay-url").write_text("smtp://me:pw@smtp.own.example\n")
    monkeypatch.setenv("BULK_RELAY_URL", "smtp://me:pw@smtp.bulk.example")
    relays = read_relays(settings_with(example.read_text(encoding="utf-8")))
    assert [(relay.name, relay.weight) for relay in relays] == [
        ("bulk", 3),
        ("own", 1),
        ("emergency", 0),
    ]
    assert relays[0].address.host == "smtp.bulk.example"
    assert relays[1].warm_up is not None


def test_one_url_alone_is_one_relay_called_main() -> None:
    (relay,) = read_relays(settings_with(smtp_url="smtp://mail.example.org", connections=7))
    assert (relay.name, relay.connections, relay.address.port) == ("main", 7, 587)


def test_without_a_url_or_a_file_there_is_no_relay() -> None:
    assert read_relays(settings_with()) == ()
    assert read_relays(settings_with("")) == ()


def test_the_file_may_be_here_or_in_the_data_folder_or_elsewhere_but_not_twice() -> None:
    Path("var").mkdir()
    Path("var/digest.toml").write_text(ONE)
    assert len(read_relays(settings_with())) == 1
    with pytest.raises(Misconfigured, match="keep one, or set DIGEST_CONFIG"):
        read_relays(settings_with(ONE))
    assert len(read_relays(settings_with(config="digest.toml"))) == 1
    assert len(read_relays(settings_with(data_dir="."))) == 1


def test_connections_default_to_the_setting() -> None:
    assert read_relays(settings_with(ONE, connections=9))[0].connections == 9
    assert read_relays(settings_with(ONE + "connections = 2", connections=9))[0].connections == 2


def test_a_process_reads_them_once() -> None:
    settings = settings_with(ONE)
    first = relays_of(settings)
    Path("digest.toml").write_text("")
    assert relays_of(settings) is first


def test_the_secret_appears_in_no_representation() -> None:
    assert "hunter2" not in repr(read_relays(settings_with(ONE)))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (ONE + "conections = 3", r"digest.toml: relay 'main': unknown key 'conections'; use 'conn"),
        (ONE + "colour = 3", r"relay 'main': unknown key 'colour'; remove it"),
        (ONE + '[relay.domains."a.example"]\nper_secnd = 1', r"per_secnd'; use 'per_second'"),
        (ONE + "[relay.warm_up]\nbegin = 2026-12-01\ndays = [1]", "relay 'main': warm_up.start: "),
        (ONE + "per_second = 'hunter2'", "relay 'main': per_second: Input should be"),
        (ONE + "url_env = 'X'", "relay 'main': give one of url, url_file, url_env"),
        ("[[relay]]\nname = 'a'", "relay 'a': give one of"),
        ("[[relay]]\nurl = 'smtp://x.example'", "relay 1: name: Field required"),
        ("relays = 1", "digest.toml: unknown key 'relays'; use 'relay'"),
        ("[relay]\nname = 'a'", r"relay: .*\[\[relay\]\]"),
        ("relay = [1]", "relay 1: "),
        (ONE + ONE, "2 relays have the name 'main'; rename one"),
        (ONE + "x = hunter2", "digest.toml: is not TOML: look at line 4"),
        ("[[relay]]\nname = 'a'\nurl_file = 'none'", "relay 'a': cannot read url_file none"),
        ("[[relay]]\nname = 'a'\nurl_env = 'NONE'", "relay 'a': set NONE in the environment"),
        ("[[relay]]\nname = 'a'\nurl = 'imap://u:hunter2@x'", "relay 'a': must look like smtp://"),
    ],
)
def test_a_mistake_is_reported_with_its_place(text: str, why: str) -> None:
    with pytest.raises(Misconfigured, match=why) as error:
        read_relays(settings_with(text))
    assert "hunter2" not in str(error.value)
    assert "\n" not in str(error.value)


def test_both_ways_at_once_are_refused() -> None:
    with pytest.raises(
        Misconfigured, match=r"move it into a \[\[relay\]\] there and remove the setting"
    ):
        read_relays(settings_with(ONE, smtp_url="smtp://mail.example.org"))


def test_a_missing_file_is_reported() -> None:
    with pytest.raises(Misconfigured, match=r"elsewhere.toml: cannot be read \(No such file"):
        read_relays(settings_with(config="elsewhere.toml"))
    Path("digest.toml").write_bytes(b"\xff")
    with pytest.raises(Misconfigured, match="not UTF-8"):
        read_relays(settings_with())
