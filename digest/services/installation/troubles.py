"""What an editor should know before they count on anything: the desk shows it first."""

from digest.app import App
from digest.delivery.guards.heartbeat import jump_note
from digest.services.installation.running import not_running
from digest.services.sender_details import transactional_route
from digest.services.sending.notices import undelivered_notice
from schedules.clock import suspension_note


async def troubles(app: App) -> tuple[str, ...]:
    """Sentences about what does not run, a clock that is doubted, and notices that got lost."""
    now = app.clock()
    async with app.store.read() as session:
        found = (
            await not_running(
                session, app.store, now, transactional_route(app.settings), by_schedule=True
            ),
            await suspension_note(session, now),
            await jump_note(session),
            await undelivered_notice(session, now),
        )
    return tuple(one for one in found if one)
