"""Says in the log what became of each request, under an id that goes on with it. Needs the extra ``[http]``."""

from __future__ import annotations

import re
import time
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ecs_workloads_runtime.logs import log_context

REQUEST_ID = "x-request-id"
# Asked by machines every few seconds: nobody reads a line about it.
_QUIET = ("/healthz", "/readyz")
_ACCEPTABLE = re.compile(r"[A-Za-z0-9_.:=-]{1,128}")
_LOG = structlog.get_logger()


def request_id(headers: Headers) -> str:
    """Return the id that a caller gave its request; a new one if there is none, or none that belongs in a log."""
    given = headers.get(REQUEST_ID, "")
    return given if _ACCEPTABLE.fullmatch(given) else str(uuid4())


class RequestLog:
    """ASGI middleware: binds ``request_id`` to all log lines of a request, and answers with it.

    The id is that of the request's header ``x-request-id``, or a new one where there is none, or none that belongs in a
    log. The application finds it in that header, always. One line says what became of the request, with its method,
    path, status and milliseconds; requests for ``/healthz`` and ``/readyz`` have none.

    Args:
        app: Application behind it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = MutableHeaders(scope=scope)
        headers[REQUEST_ID] = identifier = request_id(headers)
        started = time.monotonic()
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = identifier
            await send(message)

        with log_context(request_id=identifier):
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                if scope["path"] not in _QUIET:
                    await _LOG.ainfo(
                        "request answered",
                        method=scope["method"],
                        path=scope["path"],
                        status=status,
                        milliseconds=round((time.monotonic() - started) * 1000),
                    )
