"""A headless Chromium driven over a pipe (Chrome DevTools Protocol), without a library.

The command line alone cannot do it: a window is never narrower than 500 px there, and
the dark scheme is not to be had. The page gets no network and no scripts.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
TIMEOUT = 30.0
WEBP_QUALITY = 60

_FLAGS = (
    "--headless=new",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)

# Chromium reads commands from descriptor 3 and writes replies to 4.
_LAUNCHER = """
import fcntl, os, sys
commands, replies = (fcntl.fcntl(int(fd), fcntl.F_DUPFD, 10) for fd in sys.argv[1:3])
os.dup2(commands, 3)
os.dup2(replies, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


class ChromiumFailed(Exception):
    """Chromium could not be started or did not answer."""


def find_chromium() -> str | None:
    """The path of an installed Chromium or Chrome, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Chromium:
    """One browser with one page. Open it with `open_chromium`."""

    def __init__(self, commands: int, replies: int) -> None:
        self._commands = commands
        self._replies = replies
        self._buffer = b""
        self._number = 0
        self._session: str | None = None

    def open_page(self) -> None:
        """Attach to a fresh page."""
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        attached = self._call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        self._call("Page.enable")
        self._call("Emulation.setScriptExecutionDisabled", value=True)

    def show(self, html: str, *, width: int, dark: bool = False) -> None:
        """Lay `html` out `width` px wide, in the light or the dark scheme."""
        scheme = "dark" if dark else "light"
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=800,
            deviceScaleFactor=1,
            mobile=False,
        )
        self._call(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )
        frame = self._call("Page.getFrameTree")["frameTree"]["frame"]["id"]
        self._call("Page.setDocumentContent", frameId=frame, html=html)

    def picture(self, *, kind: str = "png", most_height: int | None = None) -> bytes:
        """The page from its top, as a whole or `most_height` px of it; `kind`: png or webp."""
        size = self._call("Page.getLayoutMetrics")["cssContentSize"]
        height = min(size["height"], most_height or size["height"])
        clip = {"x": 0, "y": 0, "width": size["width"], "height": height, "scale": 1}
        quality = {"quality": WEBP_QUALITY} if kind == "webp" else {}
        shot = self._call(
            "Page.captureScreenshot", format=kind, captureBeyondViewport=True, clip=clip, **quality
        )
        return base64.b64decode(shot["data"])

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression about the page, for measuring."""
        result = self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        return result["result"].get("value")

    def close(self) -> None:
        """Ask the browser to end."""
        with suppress(ChromiumFailed, OSError):
            self._session = None
            self._call("Browser.close")
        os.close(self._replies)
        os.close(self._commands)

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        command: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            command["sessionId"] = self._session
        os.write(self._commands, json.dumps(command).encode() + b"\0")
        while True:
            reply = json.loads(self._message())
            if reply.get("id") == self._number:
                break
        if "error" in reply:
            raise ChromiumFailed(f"{method}: {reply['error'].get('message')}")
        result: dict[str, Any] = reply["result"]
        return result

    def _message(self) -> bytes:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._replies], [], [], TIMEOUT)
            if not ready:
                raise ChromiumFailed(f"Chromium did not answer within {TIMEOUT:.0f} s")
            data = os.read(self._replies, 1 << 16)
            if not data:
                raise ChromiumFailed("Chromium ended without an answer")
            self._buffer += data
        message, _, self._buffer = self._buffer.partition(b"\0")
        return message


@contextmanager
def open_chromium(path: str | None = None) -> Iterator[Chromium]:
    """A running browser. Raises `ChromiumFailed` where none is installed or it cannot start."""
    path = path or find_chromium()
    if not path:
        raise ChromiumFailed("no Chromium found; install chromium or google-chrome")
    commands_in, commands = os.pipe()
    replies, replies_out = os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = _start(path, profile, commands_in, replies_out)
        browser = Chromium(commands, replies)
        try:
            browser.open_page()
            yield browser
        finally:
            browser.close()
            try:
                process.wait(timeout=TIMEOUT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _start(path: str, profile: str, commands: int, replies: int) -> subprocess.Popen[bytes]:
    sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    chromium = [path, *_FLAGS, *sandbox, f"--user-data-dir={profile}", "about:blank"]
    try:
        return subprocess.Popen(  # noqa: S603  the arguments are ours
            [sys.executable, "-c", _LAUNCHER, str(commands), str(replies), *chromium],
            pass_fds=(commands, replies),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    finally:
        os.close(commands)
        os.close(replies)
