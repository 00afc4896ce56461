"""Every failure becomes a page in the house style: what happened and what to do; no traceback."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException

from digest.errors import DigestError, NotFound, Refused
from digest.web.http.pages import Pages
from schedules.errors import ScheduleError
from subscribers.errors import BadToken, LinkInvalid, SubscriberError

MESSAGES = {
    400: ("That did not arrive in one piece", "Go back and try again."),
    403: ("Not from here", "This page opens on the machine that runs it only."),
    404: ("This page does not exist", "The address may have been cut off or mistyped."),
    409: ("That cannot be done now", "Wait a little, then try again."),
    405: ("That does not work here", "Open the page itself, and use the button on it."),
    413: ("That is too long", "Go back and send less."),
    422: ("Something in the form is not right", "Go back, check what you entered, and try again."),
    429: ("Too many tries from your network", "Wait an hour, then try again."),
    500: ("Something went wrong here", "It is our fault, not yours. Try again in a minute."),
}
HOME = (("Go to the front page", "/"),)


def failure_page(pages: Pages, status: int) -> Response:
    """The page for an HTTP status."""
    heading, next_step = MESSAGES.get(status, MESSAGES[500 if status >= 500 else 400])
    return pages.message(heading, next_step, status=status, links=HOME)


def bad_link_page(pages: Pages) -> Response:
    """The page for a token that was cut, altered, used up or never ours."""
    return pages.message(
        "This link does not work",
        "It may have been cut off on its way. Open it from the mail again, or copy all of it.",
        "If you have used it before and left since, sign up again on the front page.",
        status=404,
        links=HOME,
    )


def install(site: FastAPI, pages: Pages, *, tell: bool = False) -> None:
    """Answer every exception that leaves a route with a page.

    `tell` shows the sentences of expected failures; they name commands, which
    help an editor and would only puzzle a reader.
    """

    async def http(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        page = failure_page(pages, error.status_code)
        page.headers.update(error.headers or {})
        return page

    async def form(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        in_path = any(detail["loc"][0] == "path" for detail in error.errors())
        return failure_page(pages, 404 if in_path else 422)

    async def expected(_: Request, error: Exception) -> Response:
        status = _status(error)
        if not tell:
            return failure_page(pages, status)
        heading = MESSAGES[404][0] if status == 404 else "This cannot be shown"
        return pages.message(heading, _sentence(error), status=status, links=HOME)

    async def bad_link(_: Request, _error: Exception) -> Response:
        return bad_link_page(pages)

    async def unheard_of(_: Request, _error: Exception) -> Response:
        return failure_page(pages, 404)

    async def bug(_: Request, _error: Exception) -> Response:
        return failure_page(pages, 500)

    site.add_exception_handler(HTTPException, http)
    site.add_exception_handler(RequestValidationError, form)
    for kind in (DigestError, ScheduleError, SubscriberError):
        site.add_exception_handler(kind, expected)
    for kind in (BadToken, LinkInvalid):
        site.add_exception_handler(kind, bad_link)
    # A NUL, or a number too large: what no row can hold, none has.
    site.add_exception_handler(DataError, unheard_of)
    site.add_exception_handler(OverflowError, unheard_of)
    site.add_exception_handler(Exception, bug)


def _status(error: Exception) -> int:
    if isinstance(error, NotFound):
        return 404
    return 409 if isinstance(error, Refused) else 500


def _sentence(error: Exception) -> str:
    sentence = str(error)
    return f"{sentence[:1].upper()}{sentence[1:]}".rstrip(".") + "."
