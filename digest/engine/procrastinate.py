"""The engine of many machines: jobs in PostgreSQL, by Procrastinate.

The only file that imports it. A job names a mailing by its id and nothing else. It is
deferred in the transaction that starts a sending, so it exists if and only if the
mailing does. The jobs of a worker that died are taken over by another one after
`STALLED_SECONDS` without a heartbeat; that counts as an attempt.
"""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress

import procrastinate
import structlog
from procrastinate.exceptions import ConnectorException
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.databases import dialect_of
from digest.databases.postgresql import conninfo
from digest.engine.ports import Chore, DeliverMailing

log = structlog.get_logger("digest.engine")

QUEUE = "digest"
SEND, MEND = "send", "mend"
HEARTBEAT_SECONDS = 2.0
STALLED_SECONDS = 6.0
MEND_SECONDS = 3
POLL_SECONDS = 1.0
MOST_ATTEMPTS = 20  # a job that kills its workers must end; other workers send the rows anyway
MOST_AT_ONCE = 10
AGAIN_SECONDS = 1.0


def make_schema(connection: Connection) -> None:
    """Create the tables and functions of the version that this program is pinned to."""
    # Many statements in one string: the driver refuses parameters with those.
    statements = SchemaManager.get_schema()
    connection.exec_driver_sql(statements, execution_options={"no_parameters": True})


async def defer_sending(session: AsyncSession, mailing_id: int) -> None:
    """Queue a job that delivers a mailing; it exists once the session's transaction commits."""
    if not dialect_of(session).SHARED:
        return  # no jobs there: the workers find the mailing in the ledger
    connection = await session.connection()
    raw = (await connection.get_raw_connection()).driver_connection
    jobs = procrastinate.App(connector=procrastinate.PsycopgConnector())
    job = jobs.configure_task(SEND, queue=QUEUE, lock=f"mailing {mailing_id}", connection=raw)
    await job.defer_async(mailing_id=mailing_id)


class ProcrastinateEngine:
    """One process's share in the jobs of the database at `url`."""

    def __init__(self, url: str, chores: Iterable[Chore], deliver: DeliverMailing) -> None:
        logging.getLogger("procrastinate").setLevel(logging.ERROR)  # else a line for each job
        self._app = procrastinate.App(
            connector=procrastinate.PsycopgConnector(
                conninfo=conninfo(url, {}), min_size=1, max_size=4
            ),
            periodic_defaults={"max_delay": 60},
        )
        self._running: asyncio.Task[None] | None = None
        self._register_delivery(deliver)
        for chore in (*chores, Chore(MEND, self._mend, MEND_SECONDS)):
            self._register_chore(chore)

    async def start(self) -> None:
        """Begin; each chore is done soon, without waiting for its next full interval."""
        self._running = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End; a mailing that is being delivered is handed to another process."""
        if self._running is None:
            return
        # In a loop: when Procrastinate's worker fails while it ends, it raises that error
        # instead of the cancellation, and `_run` would start the next worker.
        while not self._running.done():
            self._running.cancel()
            await asyncio.wait((self._running,), timeout=AGAIN_SECONDS)
        with suppress(asyncio.CancelledError):
            await self._running

    def _register_delivery(self, deliver: DeliverMailing) -> None:
        again = procrastinate.RetryStrategy(max_attempts=MOST_ATTEMPTS, wait=0)

        @self._app.task(name=SEND, queue=QUEUE, retry=again)
        async def send(mailing_id: int) -> None:
            await deliver(mailing_id)

    def _register_chore(self, chore: Chore) -> None:
        # `lock`: one process of all does it. `queueing_lock`: at most one job waits for that.
        task = self._app.task(
            name=chore.name, queue=QUEUE, lock=chore.name, queueing_lock=chore.name
        )

        async def run(timestamp: int) -> None:
            await chore.run()

        self._app.periodic(cron=cron_of(chore.every_seconds))(task(run))

    async def _run(self) -> None:
        """Run a worker; when a lost connection ends it, start another one."""
        async with self._app.open_async():
            while True:
                with suppress(Exception):  # the worker has logged it
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
        """Let living workers take over the jobs of dead ones."""
        manager = self._app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
            log.warning("job taken from a dead worker", job=job.id, attempts=job.attempts + 1)
            with suppress(ConnectorException):  # it ended a moment ago after all
                if job.attempts + 1 < MOST_ATTEMPTS:
                    await manager.retry_job(job)
                else:
                    status = procrastinate.jobs.Status.FAILED
                    await manager.finish_job(job, status=status, delete_job=False)


def cron_of(seconds: float) -> str:
    """An interval in Procrastinate's cron syntax, whose sixth field is the second.

    Raises `ValueError` for an interval that does not divide a minute or an hour evenly.
    """
    minutes, rest = divmod(seconds, 60)
    if 1 <= seconds < 60 and 60 % seconds == 0:
        return f"* * * * * */{seconds:.0f}"
    if 1 <= minutes < 60 and rest == 0 and 60 % minutes == 0:
        return f"*/{minutes:.0f} * * * * 0"
    raise ValueError(f"a chore cannot be done every {seconds} seconds on PostgreSQL")
