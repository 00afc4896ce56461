"""Logging: structured lines on stderr, warnings by default, never an address.

Our own lines and those of libraries go through the same processors, the last of
which but one hides whatever looks like an address: relays quote them in replies,
and a traceback may hold one.
"""

import logging
import os
import re
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN = "<address>"
# Generous on purpose: a Message-ID hidden by mistake is found by the delivery's number.
ADDRESS = re.compile(r"""(?:"[^"\n]*"|[^\s<>"'(),;:=@]*)@[^\s<>"'(),;:=]*""")


def configure_logging(default: str = "WARNING") -> None:
    """Set up logging at the level that `DIGEST_LOG` names, else at `default`.

    `DIGEST_LOG_FORMAT` is `console` or `json`; by default console on a terminal, else JSON.
    """
    name = (os.environ.get("DIGEST_LOG") or default).upper()
    threshold = logging.getLevelNamesMapping().get(name, logging.WARNING)
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_addresses,
    ]
    renderer = _renderer()
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        # Looked up at each line: whoever embeds us may have put another stderr in place.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
    libraries = logging.StreamHandler(sys.stderr)
    libraries.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[libraries])
    # A connection that broke is replaced, and whoever needed it says so in a line of ours.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)


def log_crash(error: Exception) -> None:
    """The traceback of a bug that ends us, in a line like all others: it may quote a reader."""
    structlog.get_logger("digest").critical("ended by a bug of ours", exc_info=error)


def hide_addresses(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Put `<address>` for everything with an @ in any text of a line, at every level."""
    return {key: _hidden(value) for key, value in event.items()}


def _hidden(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else str(value)
    return ADDRESS.sub(HIDDEN, text) if "@" in text else value


def _renderer() -> Processor:
    wanted = os.environ.get("DIGEST_LOG_FORMAT", "").lower()
    if wanted not in ("json", "console"):
        wanted = "console" if sys.stderr.isatty() else "json"
    if wanted == "json":
        return structlog.processors.JSONRenderer(default=str)
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
