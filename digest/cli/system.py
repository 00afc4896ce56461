"""`digest init`, `serve`, `work`, `doctor` and `demo`; the commands that have no noun."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from digest import __version__
from digest.app import utc_now
from digest.bootstrap import open_app
from digest.cli.logs import configure_logging
from digest.cli.moving import migrate_store
from digest.cli.preview import preview
from digest.cli.runtime import JsonFlag, console, print_json, run_loop
from digest.delivery.relays.reading import relays_of
from digest.demo.show import show_demo
from digest.errors import Misconfigured, Refused, UsageError
from digest.keyfile import KEY_FILE, make_key_file
from digest.migrate import exists, upgrade
from digest.services.installation.checkup.check import Check
from digest.services.installation.checkup.check_up import check_up
from digest.serving import running, until_signal_or, working
from digest.settings import HostPort, Settings, load_settings
from digest.store import open_store
from schedules.editions import create_default


def register(app: typer.Typer) -> None:
    """Add the commands that have no noun."""
    app.callback()(_version_option)
    app.command()(init)
    app.command()(serve)
    app.command()(work)
    app.command()(preview)
    app.command()(doctor)
    app.command()(migrate_store)
    app.command()(demo)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


def _version_option(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """A weekly digest of AI-tool comparisons that never loses or doubles a mail."""


def init(as_json: JsonFlag = False) -> None:
    """Create the installation here, or upgrade its database. Safe to repeat."""
    settings = load_settings()
    made_key = False

    async def work() -> tuple[str | None, str]:
        nonlocal made_key
        made_key = await _ensure_key(settings)
        before, after = await upgrade(settings.store_url)
        store = open_store(settings.store_url)
        async with store.write() as session:
            await create_default(session, utc_now())
        await store.close()
        return before, after

    before, after = run_loop(work())
    state = "created" if before is None else "up to date" if before == after else "upgraded"
    if as_json:
        print_json({"database": state, "revision": after, "secret_key_created": made_key})
        return
    console.print(f"Database {state} (revision {after}).")
    if made_key:
        console.print(f"Secret key written to {settings.data_dir / KEY_FILE}: back it up.")
    console.print("Next: digest comparisons import PATH, digest readers add, digest serve")


async def _ensure_key(settings: Settings) -> bool:
    """Make the secret key of a new installation; True if it was made now.

    A database without its key is refused: with another key every link in every
    mail would be dead, and no suppressed address be known again.
    """
    if settings.secret_key or (settings.data_dir / KEY_FILE).exists():
        return False
    if await exists(settings.store_url):
        raise Misconfigured(
            f"there is a database but no {settings.data_dir / KEY_FILE}: "
            "bring the key back from your backup, or set DIGEST_SECRET_KEY"
        )
    try:
        return make_key_file(settings.data_dir)
    except OSError as error:
        raise Misconfigured(f"cannot write to {settings.data_dir}: {error.strerror}") from None


def serve() -> None:
    """Run the pages, the scheduler and the sender until Ctrl-C."""
    configure_logging("INFO")

    async def work() -> None:
        async with open_app() as app, running(app) as now_running:
            console.print(f"Pages    {now_running.public_url}")
            console.print(f"Desk     {now_running.desk_url} (this machine only)")
            if not relays_of(app.settings):
                console.print("No relay is set: letters go to the desk's inbox, issues nowhere.")
            await until_signal_or(now_running.sending)
            console.print("Stopping: recording what is in flight …")

    run_loop(work())


def work(
    listen: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="Answer /metrics, /healthz and /readyz there. Default: DIGEST_WORK_LISTEN.",
        ),
    ] = None,
) -> None:
    """Send beside `digest serve`, from this or another machine, until Ctrl-C. PostgreSQL only."""
    configure_logging("INFO")
    asked = _parsed(listen)

    async def until_stopped() -> None:
        async with open_app() as app:
            if not app.store.is_shared:
                raise Refused(
                    "an SQLite store has one sender, `digest serve`; "
                    "`digest migrate-store` brings it to PostgreSQL"
                )
            if not relays_of(app.settings):
                raise Refused("no relay is set here; set DIGEST_SMTP_URL as for `digest serve`")
            async with working(app, asked or _parsed(app.settings.work_listen)) as now_working:
                console.print("At work. Another worker here or elsewhere shares in it.")
                if now_working.url:
                    console.print(f"Monitors {now_working.url}/metrics")
                await until_signal_or(now_working.sending)
                console.print("Stopping: recording what is in flight …")

    run_loop(until_stopped())


def _parsed(listen: str | None) -> HostPort | None:
    try:
        return HostPort.parse(listen) if listen else None
    except ValueError as error:
        raise UsageError(f"--listen {error}") from None


def doctor(as_json: JsonFlag = False) -> None:
    """Check settings, database, relay and folders, and say what to mend."""
    checks: list[Check] = run_loop(check_up(load_settings()))
    if as_json:
        print_json([check.model_dump() for check in checks])
    else:
        colours = {"ok": "green", "warning": "yellow", "error": "red", "unchecked": "dim"}
        for check in checks:
            mark = f"{check.level:<9}", colours[check.level]
            console.print(Text.assemble(mark, f"  {check.name:<14} {check.message}"))
    if any(check.level == "error" for check in checks):
        raise typer.Exit(1)


def demo(
    serve_pages: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Keep serving until Ctrl-C.")
    ] = True,
    folder: Annotated[
        Path, typer.Option("--dir", help="Folder for the demonstration; emptied first.")
    ] = Path("var/demo"),
) -> None:
    """Show the whole thing: import, sign-up, compose, preview, approve, send, account."""
    run_loop(show_demo(folder, keep_serving=serve_pages))
