"""What the database tells `digest doctor`: what holds mail back just now."""

from digest.app import utc_now
from digest.delivery.guards.heartbeat import jump_note
from digest.delivery.states import Route
from digest.services.installation.checkup.check import Check, error, ok, warning
from digest.services.sending.stranded import count_waiting
from digest.services.site import letter_route
from digest.settings import Settings
from digest.store import open_store
from schedules.clock import hold_note


async def check_store(settings: Settings) -> list[Check]:
    """The clock, and mail that waits for a relay; the database must be up to date."""
    store = open_store(settings.store_url)
    try:
        async with store.read() as session:
            notes = [await hold_note(session, utc_now()), await jump_note(session)]
            waiting = await count_waiting(session)
    finally:
        await store.close()
    found = [warning("clock", note) for note in notes if note] or [ok("clock", "steady")]
    if waiting and letter_route(settings) is not Route.RELAY:
        message = f"{waiting:,} mailings wait for a relay, and none is set here; "
        # Only PostgreSQL can have workers elsewhere.
        found.append(
            warning("waiting mail", f"{message}a `digest work` must have it")
            if store.is_shared
            else error("waiting mail", f"{message}set DIGEST_SMTP_URL")
        )
    return found
