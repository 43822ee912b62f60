"""What the environment tells the app server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ecs_workloads_runtime import AmqpConnection, SqsConnection, read_connection, read_variable


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where the app server listens, and where it keeps and sends orders.

    Args:
        queue: Queue of the orders, from ``ORDERS_URL`` and its companions.
        table: Name of the DynamoDB table of the orders, from ``ORDERS_TABLE``.
        region: AWS region of the table, from ``AWS_REGION``, which ECS sets.
        port: TCP port, from ``PORT``. Defaults to 8000.
    """

    queue: SqsConnection | AmqpConnection
    table: str
    region: str
    port: int


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings in ``environ``.

    Raises:
        InvalidEnvironment: A variable is missing or malformed.
    """
    return Settings(
        queue=read_connection("ORDERS", environ),
        table=read_variable("ORDERS_TABLE", environ=environ),
        region=read_variable("AWS_REGION", environ=environ),
        port=read_variable("PORT", convert=tcp_port, default=8000, environ=environ),
    )


def tcp_port(text: str) -> int:
    """Return the TCP port that ``text`` names.

    Raises:
        ValueError: It is no number from 1 to 65535.
    """
    port = int(text)
    if not 1 <= port <= 65535:  # noqa: PLR2004 - the highest port
        raise ValueError("a TCP port is a number from 1 to 65535")
    return port
