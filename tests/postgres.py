"""A private PostgreSQL for tests: made in a temporary folder, gone with the process that made it.

    with start_cluster() as cluster:
        url = cluster.new_database()

It uses Debian's package without touching Debian's own cluster. As root the server runs as
user postgres. It never waits for the disk, so it is of no use for testing a power cut.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import psycopg
from psycopg import sql

SUPERUSER = "digest"
PASSWORD = "a password for the tests only"
SERVER_ACCOUNT = "postgres"
SECONDS_TO_START = 30
OWN_NAME = "the tests' own"
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "max_wal_size": "4GB",
    "shared_buffers": "128MB",
    "timezone": "Asia/Kathmandu",  # what relies on the server's zone must fail visibly
}


class PostgresMissing(RuntimeError):
    """No PostgreSQL server is installed; says what to install."""


@dataclass(frozen=True)
class Cluster:
    """A running server. `Cluster(folder, port)` in another process uses it, and cannot stop it."""

    folder: Path
    port: int
    server: "subprocess.Popen[bytes] | None" = None
    _numbers: "Iterator[int]" = field(default_factory=count)

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database, over the socket, without a password."""
        return f"postgresql+psycopg://{SUPERUSER}@/{database}?host={self.folder}&port={self.port}"

    def tcp_url(self, database: str, password: str = PASSWORD) -> str:
        """The same over loopback, where the server asks for the password."""
        secret = password.replace(" ", "%20")
        return f"postgresql+psycopg://{SUPERUSER}:{secret}@127.0.0.1:{self.port}/{database}"

    def new_database(self, template: str = "template0", name: str | None = None) -> str:
        """The URL of a new database: an empty one, or a copy of the database `template`.

        Nobody may be connected to the template at that moment.
        """
        name = name or f"test_{os.getpid()}_{next(self._numbers)}"
        self.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8' STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Drop it, even while clients are connected."""
        name = sql.Identifier(database_of(url))
        self.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def kill_backends(self, url: str | None = None) -> int:
        """Cut all connections but our own, or those to one database; how many there were."""
        with self._connected() as connection:
            rows = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' "
                "AND application_name <> %(own)s "
                "AND (%(name)s::text IS NULL OR datname = %(name)s)",
                {"name": url and database_of(url), "own": OWN_NAME},
            )
            return len(rows.fetchall())

    def execute(self, statement: "sql.Composable | str") -> None:
        """Run one statement as superuser, outside any transaction."""
        with self._connected() as connection:
            connection.execute(statement)  # type: ignore[arg-type]

    def stop(self) -> None:
        """End the server at once and remove its folder."""
        if self.server is not None:
            self.server.send_signal(signal.SIGQUIT)
            self.server.wait()
            shutil.rmtree(self.folder, ignore_errors=True)

    @contextmanager
    def _connected(self) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
        with psycopg.connect(
            user=SUPERUSER,
            dbname="postgres",
            host=str(self.folder),
            port=self.port,
            autocommit=True,
        ) as connection:
            yield connection


class Emptied:
    """One database whose rows and counters are gone after each call; far cheaper than a new one."""

    def __init__(self, url: str) -> None:
        self.url = url
        dsn = url.replace("+psycopg", "")
        options = "-c session_replication_role=replica -c lock_timeout=10s"  # no keys in the way
        self._connection = psycopg.connect(
            dsn, autocommit=True, options=options, application_name=OWN_NAME
        )
        tables = self._names("pg_tables", "tablename", "tablename <> 'alembic_version'")
        counters = self._names("pg_sequences", "sequencename", "true")
        self._statement = sql.SQL("; ").join(
            [sql.SQL("DELETE FROM {}").format(name) for name in tables]
            + [sql.SQL("SELECT setval({}, 1, false)").format(name.as_string()) for name in counters]
        )

    def __call__(self) -> str:
        """Empty it; its URL."""
        self._connection.execute(self._statement)
        return self.url

    def close(self) -> None:
        """Let the connection go."""
        self._connection.close()

    def _names(self, view: str, column: str, condition: str) -> list[sql.Identifier]:
        query = f"SELECT {column} FROM {view} WHERE schemaname = 'public' AND {condition}"
        return [sql.Identifier(str(row[0])) for row in self._connection.execute(query)]  # type: ignore[call-overload]


def database_of(url: str) -> str:
    """The database's name in one of these URLs."""
    return url.partition("?")[0].rpartition("/")[2]


def start_cluster(settings: Mapping[str, str] | None = None) -> Cluster:
    """A server of our own, until `stop` or the end of a `with` block; raises `PostgresMissing`.

    `settings` go before the tests' own.

    Call it from the main thread: the server ends when the thread that started it does.
    """
    programs = find_programs()
    folder = Path(mkdtemp(prefix="digest-pg-"))
    try:
        return _start(programs, folder, settings or {})
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def find_programs() -> Path:
    """The folder of `initdb` and `postgres`, the newest there is; raises `PostgresMissing`."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"),
        key=lambda path: int(path.parts[-3]),
    )
    on_path = shutil.which("postgres")
    if not found and not on_path:
        raise PostgresMissing("PostgreSQL is not installed: apt-get install postgresql")
    return found[-1].parent if found else Path(str(on_path)).parent


def _start(programs: Path, folder: Path, own: Mapping[str, str]) -> Cluster:
    data, secret = folder / "data", folder / "password"
    secret.write_text(PASSWORD)
    if os.geteuid() == 0:
        account = pwd.getpwnam(SERVER_ACCOUNT)
        for path in (folder, secret):
            os.chown(path, account.pw_uid, account.pw_gid)
    options = f"-U {SUPERUSER} -E UTF8 --locale=C.UTF-8 --no-sync --auth-local=trust"
    subprocess.run(
        [
            *_as_server_account(),
            programs / "initdb",
            *options.split(),
            "--auth-host=scram-sha-256",
            f"--pwfile={secret}",
            f"--pgdata={data}",
        ],
        check=True,
        capture_output=True,
        cwd="/",
    )
    port = _free_port()
    settings = {**SETTINGS, **own, "listen_addresses": "127.0.0.1", "port": str(port)}
    settings["unix_socket_directories"] = str(folder)
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [
                *_as_server_account(),
                programs / "postgres",
                "-D",
                data,
                *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
            ],
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,  # Ctrl-C is for the tests, which then stop it themselves
        )
    cluster = Cluster(folder, port, server)
    try:
        _wait_for(cluster)
    except BaseException:
        server.kill()
        raise
    return cluster


def _as_server_account() -> list[str]:
    """The server ends with this process, however that ends; and it refuses to run as root."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return []
    account = f"--reuid={SERVER_ACCOUNT} --regid={SERVER_ACCOUNT} --init-groups".split()
    return [setpriv, "--pdeathsig=QUIT", *(account if os.geteuid() == 0 else [])]


def _wait_for(cluster: Cluster) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            cluster.execute("SELECT 1")
        except psycopg.OperationalError:
            assert cluster.server is not None
            if cluster.server.poll() is not None or time.monotonic() > deadline:
                log = (cluster.folder / "log").read_text(errors="replace")
                raise RuntimeError(f"PostgreSQL did not start: {log[-2000:]}") from None
            time.sleep(0.05)
        else:
            return


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
