"""The page, and everything under ``/api`` as the app server answers it."""

from __future__ import annotations

from pathlib import Path

import httpx
import structlog
from fastapi_proxy_lib.core.http import ReverseHttpProxy
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from ecs_workloads_runtime.request_log import RequestLog
from shop_web.security_headers import SecurityHeaders

_STATIC = Path(__file__).parent / "static"
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_LOG = structlog.get_logger()


def site(client: httpx.AsyncClient, app_url: httpx.URL) -> Starlette:
    """Return the application over the app server at ``app_url``, which ``client`` reaches."""
    proxy = ReverseHttpProxy(client, base_url=app_url.join("/"))

    async def forward(request: Request) -> Response:
        """Hand a request to the app server, and its answer back."""
        # As it was sent: a decoded path could mean another.
        target = app_url.copy_with(raw_path=request.scope["raw_path"])
        try:
            return await proxy.send_request_to_target(request=request, target_url=target)
        except httpx.TransportError as error:
            await _LOG.awarning("the app server did not answer", error=repr(error))
            return JSONResponse({"error": "the shop does not answer just now; please try again"}, status_code=503)

    async def readyz(_: Request) -> Response:
        """Say whether an order could be placed now."""
        try:
            answer = await client.get(app_url.join("/readyz"))
        except httpx.TransportError:
            return JSONResponse({"error": "the app server cannot be reached"}, status_code=503)
        return Response(answer.content, status_code=answer.status_code, media_type=answer.headers.get("content-type"))

    return Starlette(
        routes=[
            Route("/healthz", _healthz),
            Route("/readyz", readyz),
            Route("/api/{path:path}", forward, methods=_METHODS),
            Mount("/", StaticFiles(directory=_STATIC, html=True)),
        ],
        middleware=[Middleware(RequestLog), Middleware(SecurityHeaders)],
    )


async def _healthz(_: Request) -> Response:
    """Say that the process lives; what the app server does is no reason to replace it."""
    return PlainTextResponse("ok")
