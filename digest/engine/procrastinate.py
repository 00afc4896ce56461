"""The engine of many machines: jobs in PostgreSQL, by Procrastinate.

The only file that imports it. A job names a mailing by its id and nothing else. One
is deferred in the transaction that begins a sending, so that it is there if and
only if the mailing is. The jobs of a worker that died are taken up by another after
`STALLED_SECONDS` without its heartbeat, and that counts as an attempt.
"""

import asyncio
import logging
from contextlib import suppress

import procrastinate
import structlog
from procrastinate.exceptions import ConnectorException
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.databases import dialect_of
from digest.databases.postgresql import conninfo
from digest.engine.ports import Chores

log = structlog.get_logger("digest.engine")

QUEUE = "digest"
SEND, TICK, MEND = "send", "tick", "mend"
HEARTBEAT_SECONDS = 2.0
STALLED_SECONDS = 6.0
MEND_SECONDS = 3
TICK_SECONDS = 20
POLL_SECONDS = 1.0
MOST_ATTEMPTS = 20  # a job that kills its workers ends; the ledger's rows go out all the same
MOST_AT_ONCE = 10
AGAIN_SECONDS = 1.0


def make_schema(connection: Connection) -> None:
    """Make the tables and functions of the version that this program is pinned to."""
    statements = SchemaManager.get_schema()  # many in one, so there can be no parameters
    connection.exec_driver_sql(statements, execution_options={"no_parameters": True})


async def defer_sending(session: AsyncSession, mailing_id: int) -> None:
    """Ask for a mailing to be seen through, if and when the session's transaction commits."""
    if not dialect_of(session).SHARED:
        return  # the only worker, in this process or beside it, finds it in the ledger
    connection = await session.connection()
    raw = (await connection.get_raw_connection()).driver_connection
    jobs = procrastinate.App(connector=procrastinate.PsycopgConnector())
    job = jobs.configure_task(SEND, queue=QUEUE, lock=f"mailing {mailing_id}", connection=raw)
    await job.defer_async(mailing_id=mailing_id)


class ProcrastinateEngine:
    """One process's share in the jobs of the database at `url`."""

    def __init__(self, url: str, chores: Chores, tick_seconds: int = TICK_SECONDS) -> None:
        logging.getLogger("procrastinate").setLevel(logging.ERROR)  # each job is a line otherwise
        self._app = procrastinate.App(
            connector=procrastinate.PsycopgConnector(
                conninfo=conninfo(url, {}), min_size=1, max_size=4
            ),
            periodic_defaults={"max_delay": 60},
        )
        self._chores = chores
        self._running: asyncio.Task[None] | None = None
        self._register(tick_seconds)

    async def start(self) -> None:
        """Begin; the first tick comes at once, without waiting for the clock's next beat."""
        self._running = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End; a mailing under way is handed to another process."""
        if self._running is None:
            return
        while not self._running.done():  # a worker that fails in ending loses its cancellation
            self._running.cancel()
            await asyncio.wait((self._running,), timeout=AGAIN_SECONDS)
        with suppress(asyncio.CancelledError):
            await self._running

    def _register(self, tick_seconds: int) -> None:
        again = procrastinate.RetryStrategy(max_attempts=MOST_ATTEMPTS, wait=0)

        @self._app.task(name=SEND, queue=QUEUE, retry=again)
        async def send(mailing_id: int) -> None:
            await self._chores.send(mailing_id)

        async def tick(timestamp: int) -> None:
            await self._chores.tick()

        async def mend(timestamp: int) -> None:
            await self._mend()

        for name, seconds, chore in ((TICK, tick_seconds, tick), (MEND, MEND_SECONDS, mend)):
            # One process of all does it, and the next one waits for it to end.
            task = self._app.task(name=name, queue=QUEUE, lock=name, queueing_lock=name)(chore)
            self._app.periodic(cron=f"* * * * * */{seconds}")(task)

    async def _run(self) -> None:
        """A lost connection ends Procrastinate's worker; another begins as soon as there is one."""
        async with self._app.open_async():
            while True:
                with suppress(Exception):  # of a worker; it says itself what was wrong
                    await self._app.run_worker_async(
                        queues=[QUEUE],
                        concurrency=MOST_AT_ONCE,
                        delete_jobs="successful",
                        fetch_job_polling_interval=POLL_SECONDS,
                        update_heartbeat_interval=HEARTBEAT_SECONDS,
                        stalled_worker_timeout=10 * STALLED_SECONDS,
                        shutdown_graceful_timeout=0,
                        install_signal_handlers=False,
                    )
                await asyncio.sleep(AGAIN_SECONDS)

    async def _mend(self) -> None:
        """Give the jobs of the dead to the living."""
        manager = self._app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
            log.warning("job taken from a dead worker", job=job.id, attempts=job.attempts + 1)
            with suppress(ConnectorException):  # it ended all the same, a moment ago
                if job.attempts + 1 < MOST_ATTEMPTS:
                    await manager.retry_job(job)
                else:
                    status = procrastinate.jobs.Status.FAILED
                    await manager.finish_job(job, status=status, delete_job=False)
