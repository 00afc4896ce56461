"""The workbench on the desk: an issue or a sample in every view, refreshed when it changes."""

from dataclasses import asdict
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from digest.errors import NotFound
from digest.issues.lookup import get_issue, list_numbers
from digest.services.preflight.check import CheckedIssue, check_issue
from digest.services.sending.list_tests import list_tests
from digest.services.workbench.snapshot import SAMPLE, PreviewTarget, RenderedVariant
from digest.services.workbench.workbench import Workbench
from digest.web.http.dependencies import Bench, Installation, PageRenderer
from digest.web.http.pages import HEADERS
from digest.web.workbench.finding_links import place_findings
from digest.web.workbench.requests import AnIssue, ASample, Chosen, good, named_subject
from digest.web.workbench.view import CHECK, ComparedPage, ViewChoice, golden, page_context
from previews import goldens, samples
from previews.views.highlights import highlight_id

router = APIRouter()

# Its one script only asks whether there is news, and fetches this very page again.
BENCH_HEADERS = {
    "Content-Security-Policy": HEADERS["Content-Security-Policy"]
    + "; frame-src 'self'; script-src 'self'; connect-src 'self'"
}


class DeskLinks:
    """Addresses on the desk."""

    def __init__(self, subject: PreviewTarget) -> None:
        self.subject = subject

    def page(self, choice: ViewChoice) -> str:
        """The page of another choice; what is as usual is left out."""
        usual = asdict(ViewChoice())
        asked = {name: value for name, value in asdict(choice).items() if value != usual[name]}
        return f"{self.subject.path}?{urlencode(asked)}" if asked else self.subject.path

    def frame(self, choice: ViewChoice, shown: RenderedVariant) -> str:
        """Changes with what was made, so that a browser shows it anew only then."""
        asked = {"view": choice.view, "variant": shown.variant, "v": shown.made.stamp}
        if choice.reader:
            asked["reader"] = choice.reader
        if choice.spot:
            asked["spot"] = choice.spot
        to = f"#{highlight_id(choice.spot)}" if choice.spot else ""
        return f"{self.subject.path}/frame?{urlencode(asked)}{to}"

    def beside(self, choice: ViewChoice, other: ComparedPage) -> str:
        """The other subject's frame."""
        kind, _, key = other.key.partition("-")
        return f"/{kind}s/{quote(key)}/frame?{urlencode({'view': choice.view})}"

    def eml(self, choice: ViewChoice) -> str:
        """The message to download."""
        asked = f"?{urlencode({'reader': choice.reader})}" if choice.reader else ""
        return f"{self.subject.path}/{quote(choice.variant)}.eml{asked}"


@router.get("/preview")
async def go(subject: str = "") -> Response:
    """To the page of what was chosen from the list."""
    return RedirectResponse(named_subject(subject or f"{SAMPLE}-{samples.FIRST}").path, 303)


@router.get("/issues/{number}")
async def issue(
    subject: AnIssue, choice: Chosen, app: Installation, pages: PageRenderer, bench: Bench
) -> Response:
    """The workbench of one issue, on the bytes a reader would get."""
    async with app.store.read() as session:
        tests = await list_tests(session, await get_issue(session, subject.number))
    more: dict[str, Any] = {"tests": tests}
    if choice.view == CHECK:
        more["checked"] = await check_issue(app, subject.number, templates=bench.templates)
    return await _page(subject, choice, app, pages, bench, **more)


@router.get("/samples/{name}")
async def sample(
    subject: ASample, choice: Chosen, app: Installation, pages: PageRenderer, bench: Bench
) -> Response:
    """The workbench of a sample."""
    if choice.view == CHECK:
        raise NotFound("a sample has no preflight; issues have")
    return await _page(subject, choice, app, pages, bench)


async def _page(
    subject: PreviewTarget,
    choice: ViewChoice,
    app: Installation,
    pages: PageRenderer,
    bench: Workbench,
    checked: CheckedIssue | None = None,
    **more: Any,
) -> Response:
    sight = await bench.look(subject, choice.variant, choice.reader)
    places = DeskLinks(subject)
    if checked:
        more |= {"checked": checked, "findings": place_findings(checked, sight, choice, places)}
    other = await _other(bench, choice.against)
    async with app.store.read() as session:
        numbers = await list_numbers(session)
    context = page_context(
        sight,
        choice,
        places,
        other,
        samples=samples.names(),
        goldens=goldens.names(),
        issues=numbers,
        live=f"{subject.path}/live",
        **more,
    )
    page = pages.render("desk/workbench.html", section="workbench", **context)
    page.headers.update(BENCH_HEADERS)
    return page


async def _other(bench: Workbench, against: str) -> ComparedPage | None:
    if not against:
        return None
    if against.startswith("golden-"):
        return golden(against.removeprefix("golden-"))
    subject = named_subject(against)
    shown = good(await bench.look(subject))
    return ComparedPage(against, subject.title, shown.html, shown.text)
