"""Every failure becomes a page of the site: what happened and what to do, never a traceback."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from digest.errors import DigestError, NotFound, Refused
from digest.services.database_errors import UNSTORABLE
from digest.web.http.pages import Pages
from schedules.errors import ScheduleError
from subscribers.errors import BadToken, LinkInvalid, SubscriberError

MESSAGES = {
    400: ("That did not arrive completely", "Go back and try again."),
    403: ("Not from here", "This page opens only on the machine that runs it."),
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
    """The page for a token that was cut, altered or used, or that this site did not issue."""
    return pages.message(
        "This link does not work",
        "It may have been cut off on its way. Open it from the mail again, or copy all of it.",
        "If you have used it before and left since, sign up again on the front page.",
        status=404,
        links=HOME,
    )


def install(site: FastAPI, pages: Pages, *, show_reasons: bool = False) -> None:
    """Answer every exception that leaves a route with a page.

    `show_reasons` shows the sentences of expected failures. They name commands, so only the
    desk shows them.
    """

    async def on_http_error(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        page = failure_page(pages, error.status_code)
        page.headers.update(error.headers or {})
        return page

    async def on_invalid_request(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        in_path = any(detail["loc"][0] == "path" for detail in error.errors())
        return failure_page(pages, 404 if in_path else 422)

    async def on_expected(_: Request, error: Exception) -> Response:
        status = _status(error)
        if not show_reasons:
            return failure_page(pages, status)
        heading = MESSAGES[404][0] if status == 404 else "This cannot be shown"
        return pages.message(heading, _sentence(error), status=status, links=HOME)

    async def on_bad_link(_: Request, _error: Exception) -> Response:
        return bad_link_page(pages)

    async def on_unstorable(_: Request, _error: Exception) -> Response:
        return failure_page(pages, 404)

    async def on_bug(_: Request, _error: Exception) -> Response:
        return failure_page(pages, 500)

    site.add_exception_handler(HTTPException, on_http_error)
    site.add_exception_handler(RequestValidationError, on_invalid_request)
    for kind in (DigestError, ScheduleError, SubscriberError):
        site.add_exception_handler(kind, on_expected)
    for kind in (BadToken, LinkInvalid):
        site.add_exception_handler(kind, on_bad_link)
    for unstorable in UNSTORABLE:  # an address with such a value names nothing that exists
        site.add_exception_handler(unstorable, on_unstorable)
    site.add_exception_handler(Exception, on_bug)


def _status(error: Exception) -> int:
    if isinstance(error, NotFound):
        return 404
    return 409 if isinstance(error, Refused) else 500


def _sentence(error: Exception) -> str:
    sentence = str(error)
    return f"{sentence[:1].upper()}{sentence[1:]}".rstrip(".") + "."
