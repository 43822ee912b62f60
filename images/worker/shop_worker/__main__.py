"""``python -m shop_worker`` works until SIGTERM, then finishes the order at hand."""

from __future__ import annotations

import os
from datetime import timedelta

import boto3
from ecs_workloads_runtime import Consumer, configure_logging, exit_on_invalid_environment

from shop_worker.order_table import OrderTable
from shop_worker.receipt_writer import ReceiptWriter
from shop_worker.settings import read_settings


def main() -> None:
    """Work until SIGTERM."""
    with exit_on_invalid_environment("worker"):
        settings = read_settings(os.environ)
    configure_logging("worker")
    table = OrderTable(client=boto3.client("dynamodb", region_name=settings.region), name=settings.table)
    consumer = Consumer(
        settings.queue,
        ReceiptWriter(table=table, work=settings.work),
        visibility_timeout=timedelta(minutes=1),
        health_file=settings.health_file,
    )
    consumer.run()


if __name__ == "__main__":
    main()
