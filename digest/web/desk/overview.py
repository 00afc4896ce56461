"""The desk's front page: the schedule, recent issues and the inbox."""

from fastapi import APIRouter
from fastapi.responses import Response

from digest.services.inbox import count_received
from digest.services.installation.troubles import troubles
from digest.services.issues.reports import NEWEST, list_issues
from digest.services.readers.signup_report import signup_report
from digest.services.schedule.agenda import read_agenda
from digest.services.sender_details import reaches_relay
from digest.web.http.dependencies import Installation, PageRenderer

router = APIRouter()


@router.get("/")
async def overview(app: Installation, pages: PageRenderer) -> Response:
    """Slots, issues with their accounting, and the inbox."""
    issues = await list_issues(app)
    return pages.render(
        "desk/overview.html",
        section="overview",
        agenda=await read_agenda(app),
        issues=issues,
        earlier=len(issues) == NEWEST,
        signups=await signup_report(app),
        received=count_received(app),
        relay=reaches_relay(app),
        troubles=await troubles(app),
    )
