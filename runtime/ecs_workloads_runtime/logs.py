"""Log lines that a machine can search: one JSON object each, on stdout."""

from __future__ import annotations

import logging
import sys
from contextlib import AbstractContextManager

import structlog
from structlog.typing import EventDict, WrappedLogger

# They tell each step of a connection as news.
_TALKATIVE = ("pika", "botocore", "boto3", "urllib3")


def configure_logging(service: str) -> None:
    """Write all log lines as JSON to stdout, from level INFO: those of structlog and those of ``logging``.

    Each has ``timestamp`` (UTC), ``level``, ``service``, ``logger``, ``event``, what `log_context` bound, and
    ``exception`` where there was one. Values of local variables are never written.

    Args:
        service: Name of the program, for the key ``service``.
    """

    def add_service(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_service,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(default=str),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def log_context(**values: str | float) -> AbstractContextManager[None]:
    """Add ``values``, such as ``request_id``, to each log line of this thread or asyncio task while it lasts."""
    return structlog.contextvars.bound_contextvars(**values)
