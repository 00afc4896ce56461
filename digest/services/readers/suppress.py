"""Suppressing an address on an editor's decision, and lifting that again."""

from enum import StrEnum

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.errors import Refused
from digest.services.actor import Actor
from digest.services.result import Result
from subscribers import suppression
from subscribers.address import EmailAddress
from subscribers.states import SuppressionReason


class EditorReason(StrEnum):
    """The suppressions that an editor may set; all but `unsubscribe` an editor may lift too."""

    MANUAL = "manual"
    COMPLAINT = "complaint"
    BOUNCE = "bounce"
    UNSUBSCRIBE = "unsubscribe"


class SuppressionStatus(Result):
    """The reasons in force for an address, in alphabetical order; none if it may be mailed."""

    address: str
    suppressed: tuple[SuppressionReason, ...]


async def suppress_address(
    app: App, actor: Actor, address: EmailAddress, reason: EditorReason, *, note: str = ""
) -> SuppressionStatus:
    """Stop all mail to an address, whether it belongs to a reader or not; may be repeated."""
    async with app.store.write() as session:
        await suppression.suppress(
            session,
            app.keyring,
            address,
            SuppressionReason(reason),
            source=_source(actor, note),
            now=app.clock(),
        )
        return await _status(session, app, address)


async def lift_suppression(
    app: App, actor: Actor, address: EmailAddress, *, note: str = ""
) -> SuppressionStatus:
    """Lift all reasons that an editor may lift. Raises `Refused` where there is none."""
    async with app.store.write() as session:
        lifted = await suppression.lift_by_editor(
            session, app.keyring, address, source=_source(actor, note), now=app.clock()
        )
        status = await _status(session, app, address)
        if not lifted and status.suppressed:
            raise Refused(
                f"{address.text} was suppressed at the reader's own request; "
                "only a new sign-up that they confirm lifts that"
            )
        if not lifted:
            raise Refused(f"{address.text} is not suppressed")
        return status


def _source(actor: Actor, note: str) -> str:
    return f"{actor}, {note}" if note else str(actor)


async def _status(session: AsyncSession, app: App, address: EmailAddress) -> SuppressionStatus:
    reasons = await suppression.in_force(session, app.keyring.address_hash(address.normalised))
    return SuppressionStatus(address=address.text, suppressed=tuple(sorted(reasons)))
