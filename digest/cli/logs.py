"""Logging: structured lines on stderr, warnings by default, never an email address.

Lines of the engine and of libraries pass the same processors. One of them hides everything
that looks like an address, because relays quote addresses in replies, and a traceback may
contain one.
"""

import logging
import os
import re
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN = "<address>"
# Deliberately broad: a Message-ID hidden by mistake can be found by the delivery's number.
ADDRESS = re.compile(r"""(?:"[^"\n]*"|[^\s<>"'(),;:=@]*)@[^\s<>"'(),;:=]*""")


def configure_logging(default: str = "WARNING") -> None:
    """Set up logging at the level named by `DIGEST_LOG`, else at `default`.

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
        # stderr is looked up for each line, because an embedding program may replace it.
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
    # A broken connection is replaced, and the code that needed it logs the failure itself.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)


def log_crash(error: Exception) -> None:
    """Log the traceback of a bug that ends the program, with addresses hidden as in every line."""
    structlog.get_logger("digest").critical("ended by a bug", exc_info=error)


def hide_addresses(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace everything with an @ in any value of a line by `<address>`, at every level."""
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
