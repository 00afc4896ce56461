"""What a route can ask for by annotation: the installation, the worker, the pages, and others."""

import asyncio
import re
from typing import Annotated, cast

from fastapi import Depends, FastAPI, Path, Request
from pydantic import BeforeValidator

from digest.app import App
from digest.delivery.sending.worker import Worker
from digest.services.workbench.workbench import Workbench
from digest.web.http.pages import Pages
from digest.web.public.rate_limit import SignupLimit


def attach(site: FastAPI, app: App, pages: Pages | None, worker: Worker | None = None) -> None:
    """Give a site its installation, its pages if it has any, and the worker of its process.

    The server sets `state.closing` when it stops, so that streaming responses end.
    """
    site.state.closing = asyncio.Event()
    site.state.measuring = asyncio.Lock()
    site.state.worker = worker
    site.state.installation = app
    site.state.pages = pages


def _installation(request: Request) -> App:
    return cast(App, request.app.state.installation)


def _pages(request: Request) -> Pages:
    return cast(Pages, request.app.state.pages)


def _worker(request: Request) -> Worker | None:
    return cast(Worker | None, request.app.state.worker)


def _workbench(request: Request) -> Workbench:
    return cast(Workbench, request.app.state.workbench)


def _closing(request: Request) -> asyncio.Event:
    return cast(asyncio.Event, request.app.state.closing)


def _measuring(request: Request) -> asyncio.Lock:
    return cast(asyncio.Lock, request.app.state.measuring)


def _signup_limit(request: Request) -> SignupLimit:
    return cast(SignupLimit, request.app.state.signup_limit)


def client_ip(request: Request) -> str | None:
    """The address of the client, as the server knows it (behind its trusted proxies)."""
    return request.client.host if request.client else None


_HIGHEST_NUMBER = 2**31 - 1  # of the database column
_DIGITS = re.compile("[0-9]{1,10}")  # Python refuses to parse more than 4,300 digits


def parse_issue_number(text: str) -> int:
    """The number of an issue in an address; raises `ValueError` where no issue can have it."""
    if not _DIGITS.fullmatch(text) or int(text) > _HIGHEST_NUMBER:
        raise ValueError("no issue has such a number")
    return int(text)


Installation = Annotated[App, Depends(_installation)]
EmbeddedWorker = Annotated[Worker | None, Depends(_worker)]
PageRenderer = Annotated[Pages, Depends(_pages)]
Measuring = Annotated[asyncio.Lock, Depends(_measuring)]
Limit = Annotated[SignupLimit, Depends(_signup_limit)]
ClientIp = Annotated[str | None, Depends(client_ip)]
CurrentWorkbench = Annotated[Workbench, Depends(_workbench)]
Closing = Annotated[asyncio.Event, Depends(_closing)]
# An invalid number is a 404, like an address that does not exist (see `errors`).
IssueNumber = Annotated[int, BeforeValidator(parse_issue_number), Path()]
