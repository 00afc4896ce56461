"""`digest serve` and `digest work`: the commands that run until a signal ends them."""

from typing import Annotated

import typer

from digest.bootstrap import open_app
from digest.cli.logs import configure_logging
from digest.cli.runtime import console, run_loop
from digest.errors import UsageError
from digest.services.installation.readiness import require_worker_possible
from digest.serving import running_server, running_worker, until_signal_or
from digest.settings import HostPort

STOPPING = "Stopping: recording what is in flight …"


def serve() -> None:
    """Run the pages, the scheduler and the sender until Ctrl-C."""
    configure_logging("INFO")

    async def until_stopped() -> None:
        async with open_app() as app, running_server(app) as server:
            console.print(f"Pages    {server.public_url}")
            console.print(f"Desk     {server.desk_url} (this machine only)")
            if not server.has_relay:
                console.print(
                    "No relay is set: confirmations and notices go to the desk's inbox, "
                    "issues are not sent."
                )
            await until_signal_or(server.sending)
            console.print(STOPPING)

    run_loop(until_stopped())


def work(
    listen: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="Serve /metrics, /healthz and /readyz there. Default: DIGEST_WORK_LISTEN.",
        ),
    ] = None,
) -> None:
    """Send beside `digest serve`, from this or another machine, until Ctrl-C. PostgreSQL only."""
    configure_logging("INFO")
    requested = _parse(listen)

    async def until_stopped() -> None:
        async with open_app() as app:
            require_worker_possible(app)
            where = requested or _parse(app.settings.work_listen)
            async with running_worker(app, where) as worker:
                console.print("Worker started. It shares the work with all other workers.")
                if worker.url:
                    console.print(f"Monitors {worker.url}/metrics")
                await until_signal_or(worker.sending)
                console.print(STOPPING)

    run_loop(until_stopped())


def _parse(listen: str | None) -> HostPort | None:
    try:
        return HostPort.parse(listen) if listen else None
    except ValueError as error:
        raise UsageError(f"--listen {error}") from None
