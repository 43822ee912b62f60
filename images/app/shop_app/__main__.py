"""``python -m shop_app`` serves the API until SIGTERM, then finishes the requests that have arrived."""

from __future__ import annotations

import logging
import os
from datetime import timedelta

import boto3
from botocore.config import Config

from ecs_workloads_runtime import Producer, configure_logging, exit_on_invalid_environment
from ecs_workloads_runtime.http_server import HttpServer
from shop_app.api import api
from shop_app.order_table import OrderTable
from shop_app.settings import read_settings

# Longer than the five minutes for which the proxy of Service Connect keeps an idle connection.
_KEEP_ALIVE = timedelta(seconds=330)
# What a request may take: AppServer's longest_request.
_STOP_TIMEOUT = timedelta(seconds=20)
# Table and queue together fit into that: better an answer that says no, than none.
_IMPATIENT = Config(
    connect_timeout=1, read_timeout=3, max_pool_connections=40, retries={"mode": "standard", "total_max_attempts": 2}
)
_SEND_TIMEOUT = timedelta(seconds=5)


def main() -> None:
    """Serve until SIGTERM."""
    with exit_on_invalid_environment("app"):
        settings = read_settings(os.environ)
    configure_logging("app")
    logging.getLogger("uvicorn.access").disabled = True  # RequestLog says it, in fields
    session = boto3.session.Session(region_name=settings.region)
    client = session.client("dynamodb", config=_IMPATIENT)  # pyright: ignore[reportUnknownMemberType]  # no other stubs
    table = OrderTable(client=client, name=settings.table)
    with Producer(settings.queue, send_timeout=_SEND_TIMEOUT) as producer:
        server = HttpServer(
            api(table, producer), port=settings.port, keep_alive=_KEEP_ALIVE, stop_timeout=_STOP_TIMEOUT
        )
        server.run()


if __name__ == "__main__":
    main()
