"""The archive: sent issues on the web, as they went out, and their feed."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from digest.services.issues.archive import published_issues, web_version
from digest.web.http.dependencies import Installation, PageRenderer
from digest.web.http.numbers import IssueNumber
from digest.web.http.pages import HEADERS
from digest.web.public.feed import atom_feed

router = APIRouter()

# The mail brings its own inline styles; nothing else is loosened.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@router.get("/issues")
async def archive(app: Installation, pages: PageRenderer) -> Response:
    """Every issue sent, newest first."""
    issues = await published_issues(app)
    return pages.render("issues.html", section="issues", issues=issues)


@router.get("/issues/{number}")
async def issue(number: IssueNumber, app: Installation) -> Response:
    """One issue as it was sent, without anybody's own links. Raises `NotFound`."""
    html = await web_version(app, number)
    return HTMLResponse(html, headers={**HEADERS, "Content-Security-Policy": MAIL_POLICY})


@router.get("/feed.xml")
async def feed(app: Installation, pages: PageRenderer) -> Response:
    """The newest issues for feed readers."""
    content = atom_feed(
        await published_issues(app),
        title=pages.site_name,
        public_url=app.settings.public_url,
        now=app.clock(),
    )
    return Response(content, media_type="application/atom+xml; charset=utf-8")
