"""What the environment tells the app server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ecs_workloads_runtime import AmqpConnection, SqsConnection, read_connection, read_variable

_LAST_PORT = 65535


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
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= _LAST_PORT:
        raise ValueError(f"a TCP port, 1 to {_LAST_PORT}")
    return int(text)
