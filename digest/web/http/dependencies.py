"""What a route may ask for: the installation, the worker, the pages, the sign-up limit."""

import asyncio
from typing import Annotated, cast

from fastapi import Depends, FastAPI, Request

from digest.app import App
from digest.delivery.sending.worker import Worker
from digest.services.workbench.workbench import Workbench
from digest.web.http.pages import Pages
from digest.web.public.rate_limit import SignupLimit


def attach(site: FastAPI, app: App, pages: Pages | None, worker: Worker | None = None) -> None:
    """Give a site its installation, its pages if it has any, and the worker of its process.

    `state.closing` is to be set when the server stops, so that what streams ends.
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
    """The address of the client, as the server (behind its trusted proxies) knows it."""
    return request.client.host if request.client else None


Installation = Annotated[App, Depends(_installation)]
EmbeddedWorker = Annotated[Worker | None, Depends(_worker)]
PageRenderer = Annotated[Pages, Depends(_pages)]
Measuring = Annotated[asyncio.Lock, Depends(_measuring)]
Limit = Annotated[SignupLimit, Depends(_signup_limit)]
ClientIp = Annotated[str | None, Depends(client_ip)]
Bench = Annotated[Workbench, Depends(_workbench)]
Closing = Annotated[asyncio.Event, Depends(_closing)]
