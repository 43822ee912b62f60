"""``python -m shop_worker`` works until SIGTERM, then finishes the order at hand."""

from __future__ import annotations

import os

import boto3
import structlog

from ecs_workloads_runtime import Consumer, configure_logging, exit_on_invalid_environment
from shop_worker.order_table import OrderTable
from shop_worker.receipt_writer import ReceiptWriter
from shop_worker.settings import read_settings


def main() -> None:
    """Work until SIGTERM."""
    with exit_on_invalid_environment("worker"):
        settings = read_settings(os.environ)
    configure_logging("worker")
    session = boto3.session.Session(region_name=settings.region)
    client = session.client("dynamodb")  # pyright: ignore[reportUnknownMemberType]  # no other stubs
    table = OrderTable(client=client, name=settings.table)
    consumer = Consumer(
        settings.queue,
        ReceiptWriter(table=table, work=settings.work),
        health_file=settings.health_file,
    )
    log = structlog.get_logger()
    log.info("worker started", table=settings.table, work_seconds=settings.work.total_seconds())
    consumer.run()
    log.info("worker stopped")


if __name__ == "__main__":
    main()
