"""Logging: structured lines on stderr, warnings by default, never an address."""

import logging
import os
import sys

import structlog


def configure_logging(default: str = "WARNING") -> None:
    """Set up structlog at the level that `DIGEST_LOG` names, else at `default`."""
    name = (os.environ.get("DIGEST_LOG") or default).upper()
    threshold = logging.getLevelNamesMapping().get(name, logging.WARNING)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        # Looked up at each line: whoever embeds us may have put another stderr in place.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
