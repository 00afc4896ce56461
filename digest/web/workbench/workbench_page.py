"""The workbench on the desk: an issue or a sample in every view, refreshed when it changes."""

from dataclasses import asdict
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from digest.errors import NotFound
from digest.services.preflight.check import CheckedIssue, check_issue
from digest.services.sending.test_mails import list_tests
from digest.services.workbench.snapshot import SAMPLE, PreviewTarget, RenderedVariant
from digest.services.workbench.targets import list_targets
from digest.services.workbench.workbench import Workbench
from digest.web.http.dependencies import CurrentWorkbench, Installation, PageRenderer
from digest.web.http.pages import HEADERS
from digest.web.workbench.finding_links import link_findings
from digest.web.workbench.requests import (
    Chosen,
    IssueTarget,
    SampleTarget,
    parse_target,
    require_rendered,
)
from digest.web.workbench.view import CHECK, ComparedPage, ViewChoice, golden_page, page_context
from previews import samples
from previews.views.highlights import highlight_id

router = APIRouter()

# The page's one script only listens for changes, and then fetches this very page again.
WORKBENCH_HEADERS = {
    "Content-Security-Policy": HEADERS["Content-Security-Policy"]
    + "; frame-src 'self'; script-src 'self'; connect-src 'self'"
}


class DeskLinks:
    """Addresses on the desk."""

    def __init__(self, target: PreviewTarget) -> None:
        self.target = target

    def page(self, choice: ViewChoice) -> str:
        """The page of another choice; defaults are left out of the address."""
        defaults = asdict(ViewChoice())
        query = {name: value for name, value in asdict(choice).items() if value != defaults[name]}
        return f"{self.target.path}?{urlencode(query)}" if query else self.target.path

    def frame(self, choice: ViewChoice, rendered: RenderedVariant) -> str:
        """Changes with the compilation, so that a browser loads a frame again only then."""
        query = {"view": choice.view, "variant": rendered.variant, "v": rendered.version}
        if choice.reader:
            query["reader"] = choice.reader
        if choice.spot:
            query["spot"] = choice.spot
        fragment = f"#{highlight_id(choice.spot)}" if choice.spot else ""
        return f"{self.target.path}/frame?{urlencode(query)}{fragment}"

    def beside(self, choice: ViewChoice, other: ComparedPage) -> str:
        """The frame of the page that is compared with."""
        kind, _, key = other.key.partition("-")
        return f"/{kind}s/{quote(key)}/frame?{urlencode({'view': choice.view})}"

    def eml(self, choice: ViewChoice) -> str:
        """The message to download."""
        query = f"?{urlencode({'reader': choice.reader})}" if choice.reader else ""
        return f"{self.target.path}/{quote(choice.variant)}.eml{query}"


@router.get("/preview")
async def open_target(subject: str = "") -> Response:
    """Redirect to the page of what was chosen from the list."""
    return RedirectResponse(parse_target(subject or f"{SAMPLE}-{samples.FIRST}").path, 303)


@router.get("/issues/{number}")
async def issue(
    target: IssueTarget,
    choice: Chosen,
    app: Installation,
    pages: PageRenderer,
    workbench: CurrentWorkbench,
) -> Response:
    """The workbench of one issue, on the bytes a reader would get."""
    more: dict[str, Any] = {"tests": await list_tests(app, target.number)}
    if choice.view == CHECK:
        more["checked"] = await check_issue(app, target.number, templates=workbench.templates)
    return await _page(target, choice, app, pages, workbench, **more)


@router.get("/samples/{name}")
async def sample(
    target: SampleTarget,
    choice: Chosen,
    app: Installation,
    pages: PageRenderer,
    workbench: CurrentWorkbench,
) -> Response:
    """The workbench of a sample."""
    if choice.view == CHECK:
        raise NotFound("a sample has no preflight; issues have")
    return await _page(target, choice, app, pages, workbench)


async def _page(
    target: PreviewTarget,
    choice: ViewChoice,
    app: Installation,
    pages: PageRenderer,
    workbench: Workbench,
    checked: CheckedIssue | None = None,
    **more: Any,
) -> Response:
    snapshot = await workbench.snapshot(target, choice.variant, choice.reader)
    links = DeskLinks(target)
    if checked:
        variant = snapshot.rendered.variant if snapshot.rendered else choice.variant
        placed = workbench.place_findings(snapshot, checked)
        findings = link_findings(placed, choice.but(variant=variant), links)
        more |= {"checked": checked, "findings": findings}
    context = page_context(
        snapshot,
        choice,
        links,
        await _compared(workbench, choice.against),
        targets=await list_targets(app),
        live=f"{target.path}/live",
        **more,
    )
    page = pages.render("desk/workbench.html", section="workbench", **context)
    page.headers.update(WORKBENCH_HEADERS)
    return page


async def _compared(workbench: Workbench, against: str) -> ComparedPage | None:
    if not against:
        return None
    if against.startswith("golden-"):
        return golden_page(against.removeprefix("golden-"))
    target = parse_target(against)
    rendered = require_rendered(await workbench.snapshot(target))
    return ComparedPage(against, target.title, rendered.html, rendered.text)
