"""What the environment tells the worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from ecs_workloads_runtime import AmqpConnection, SqsConnection, read_connection, read_variable, seconds

_LONGEST_WORK = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where orders come from, where receipts go, and how much work one is.

    Args:
        queue: Queue of the orders, from ``ORDERS_URL`` and its companions.
        table: Name of the DynamoDB table of the orders, from ``ORDERS_TABLE``.
        region: AWS region of the table, from ``AWS_REGION``, which ECS sets.
        work: Time for which one receipt keeps the processor busy, from ``WORK_SECONDS``, 0 to 3600. Defaults to 2
            seconds.
        health_file: File that is touched while the worker lives, from ``HEALTH_FILE``. Defaults to none.
    """

    queue: SqsConnection | AmqpConnection
    table: str
    region: str
    work: timedelta
    health_file: Path | None


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings in ``environ``.

    Raises:
        InvalidEnvironment: A variable is missing or malformed.
    """
    return Settings(
        queue=read_connection("ORDERS", environ),
        table=read_variable("ORDERS_TABLE", environ=environ),
        region=read_variable("AWS_REGION", environ=environ),
        work=read_variable("WORK_SECONDS", convert=work_time, default=timedelta(seconds=2), environ=environ),
        health_file=read_variable("HEALTH_FILE", convert=Path, default=None, environ=environ),
    )


def work_time(text: str) -> timedelta:
    """Return the time that ``text`` gives in seconds.

    Raises:
        ValueError: It is no number from 0 to 3600.
    """
    work = seconds(text)
    if work > _LONGEST_WORK:
        raise ValueError("a number of seconds, 0 to 3600")
    return work
