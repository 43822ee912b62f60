"""``python -m shop_web`` serves the page until SIGTERM, then finishes the requests that have arrived."""

from __future__ import annotations

import logging
import os
from datetime import timedelta

import httpx

from ecs_workloads_runtime import configure_logging, exit_on_invalid_environment
from ecs_workloads_runtime.http_server import HttpServer
from shop_web.settings import read_settings
from shop_web.site import site

# Longer than the idle time-out of the load balancer, which else may use a connection that just closed.
_KEEP_ALIVE = timedelta(seconds=75)
# The app server has 20 seconds for an answer, and a request here 25: WebServer's longest_request.
_APP_TIMEOUT = httpx.Timeout(20, connect=2)
_STOP_TIMEOUT = timedelta(seconds=25)


def main() -> None:
    """Serve until SIGTERM."""
    with exit_on_invalid_environment("web"):
        settings = read_settings(os.environ)
    configure_logging("web")
    logging.getLogger("uvicorn.access").disabled = True  # RequestLog says it, in fields
    # A call that could not connect was not heard: it may be made again.
    client = httpx.AsyncClient(
        timeout=_APP_TIMEOUT, transport=httpx.AsyncHTTPTransport(retries=2), limits=httpx.Limits(max_connections=200)
    )
    server = HttpServer(
        site(client, settings.app_url), port=settings.port, keep_alive=_KEEP_ALIVE, stop_timeout=_STOP_TIMEOUT
    )
    server.run()


if __name__ == "__main__":
    main()
