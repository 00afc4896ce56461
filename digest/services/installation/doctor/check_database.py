"""What the database knows of anything that delays mail now: the clock, and missing relays."""

from digest.app import utc_now
from digest.delivery.guards.heartbeat import jump_note
from digest.delivery.states import Route
from digest.errors import DigestError, Misconfigured
from digest.migrate import require_current
from digest.services.installation.doctor.check_result import CheckResult, error, ok, warning
from digest.services.installation.running import not_running
from digest.services.sender_details import transactional_route
from digest.services.sending.notices import undelivered_notice
from digest.services.sending.stranded import count_waiting
from digest.settings import Settings
from digest.store import Store, open_store
from schedules.clock import suspension_note


async def check_database(settings: Settings) -> list[CheckResult]:
    """Whether the database is there and current, and if so, what delays mail."""
    try:
        await require_current(settings.store_url)
    except DigestError as failure:
        return [error("database", str(failure))]
    store = open_store(settings.store_url)
    try:
        return [ok("database", "up to date"), *await _check_delays(settings, store)]
    except Misconfigured:  # relays that cannot be read, which has a check of its own
        return [ok("database", "up to date")]
    finally:
        await store.close()


async def _check_delays(settings: Settings, store: Store) -> list[CheckResult]:
    now = utc_now()
    async with store.read() as session:
        notes = [await suspension_note(session, now), await jump_note(session)]
        waiting = await count_waiting(session)
        route = transactional_route(settings)
        missing = await not_running(session, store, now, route, by_schedule=True)
        undelivered = await undelivered_notice(session, now)
    found = [warning("clock", note) for note in notes if note] or [ok("clock", "steady")]
    found.append(warning("running", missing) if missing else ok("running", "sender and schedule"))
    if undelivered:
        found.append(error("notices", undelivered))
    if waiting and transactional_route(settings) is not Route.RELAY:
        message = f"{waiting:,} mailings wait for a relay, and none is set here; "
        # Only a store on PostgreSQL can have workers on other machines.
        found.append(
            warning("waiting mail", f"{message}a `digest work` must have it")
            if store.is_shared
            else error("waiting mail", f"{message}set DIGEST_SMTP_URL")
        )
    return found
