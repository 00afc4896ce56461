"""The archive: sent issues on the web, as they were mailed, and their feed."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from digest.services.issues.archive import published_issues, web_version
from digest.web.http.dependencies import Installation, IssueNumber, PageRenderer
from digest.web.http.pages import HEADERS
from digest.web.public.feed import atom_feed

router = APIRouter()

# Looser than the policy of our own pages in one point: a mail has inline styles.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@router.get("/issues")
async def archive(app: Installation, pages: PageRenderer) -> Response:
    """All sent issues, newest first."""
    issues = await published_issues(app)
    return pages.render("issues.html", section="issues", issues=issues)


@router.get("/issues/{number}")
async def issue(number: IssueNumber, app: Installation) -> Response:
    """One issue as it was sent, without the links of any reader. Raises `NotFound`."""
    page = await web_version(app, number)
    headers = {**HEADERS, "Content-Security-Policy": MAIL_POLICY}
    if not page.listed:
        headers |= {"X-Robots-Tag": "noindex", "Cache-Control": "no-store"}
    return HTMLResponse(page.html, headers=headers)


@router.get("/feed.xml")
async def feed(app: Installation) -> Response:
    """The newest issues for feed readers."""
    content = atom_feed(
        await published_issues(app),
        title=app.settings.site_name,
        public_url=app.settings.public_url,
        now=app.clock(),
    )
    return Response(content, media_type="application/atom+xml; charset=utf-8")
