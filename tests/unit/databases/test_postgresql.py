"""URLs in all their spellings, and PostgreSQL's errors with the next step."""

import pytest

from digest.databases.postgresql import conninfo, is_valid, normalised
from digest.errors import Misconfigured
from digest.migrate import require_current, upgrade
from digest.store import open_store
from tests.postgres import Cluster


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_the_url_gets_our_driver(scheme: str) -> None:
    url = normalised(f"{scheme}://ann:secret@db.example.org/letters")
    assert url == "postgresql+psycopg://ann:secret@db.example.org/letters"
    assert is_valid(url)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+asyncpg://ann@db/letters",
        "postgresql+psycopg://ann@db",
        "postgresql+psycopg://ann@db:port/letters",
        "nonsense",
    ],
)
def test_a_url_without_our_driver_or_a_database_is_invalid(url: str) -> None:
    assert not is_valid(normalised(url))


def test_parameters_of_the_url_take_precedence_over_ours() -> None:
    url = "postgresql+psycopg://ann@db/letters?application_name=mine&options=-c%20lock_timeout%3D1s"
    for text in (conninfo(url, {}), str(dict(open_store(url).engine.url.query))):
        assert "mine" in text
        assert text.index("lock_timeout=30s") < text.index("lock_timeout=1s")  # the last one counts


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("{tcp}/postgres", "^cannot open the database: password authentication failed .*; check"),
        ("{socket}/nowhere{at}", 'database "nowhere" does not exist; make it with `createdb`$'),
        ("postgresql+psycopg://ann@127.0.0.1:1/letters", "refused; is the server running"),
        ("postgresql+psycopg://ann@/letters?host=/nowhere", "is the server running"),
        ("postgresql+psycopg://ann@no.such.invalid/letters", "check the host's name$"),
        ("postgresql+psycopg://nobody@/postgres{at}", 'role "nobody" does not exist; make it'),
    ],
)
async def test_a_database_that_does_not_open_is_an_error_of_one_line_with_the_next_step(
    cluster: Cluster, url: str, message: str
) -> None:
    at = f"?host={cluster.folder}&port={cluster.port}"
    tcp = f"postgresql+psycopg://digest:wrong@127.0.0.1:{cluster.port}"
    url = url.format(tcp=tcp, socket="postgresql+psycopg://digest@", at=at)
    with pytest.raises(Misconfigured, match=message) as complaint:
        await upgrade(url)
    assert "\n" not in str(complaint.value)
    assert "wrong" not in str(complaint.value)


async def test_an_empty_database_asks_for_digest_init(cluster: Cluster) -> None:
    url = cluster.new_database()
    with pytest.raises(Misconfigured, match="empty: run `digest init`"):
        await require_current(url)
    cluster.drop_database(url)
