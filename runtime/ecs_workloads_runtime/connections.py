"""From the variables of a program to its queue."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import urlsplit

from ecs_workloads_runtime.amqp_connection import LONGEST_NAME, AmqpConnection
from ecs_workloads_runtime.environment import InvalidEnvironment, read_variable
from ecs_workloads_runtime.sqs_connection import SqsConnection

_Connection = TypeVar("_Connection")
_PREFIX = re.compile(r"[A-Z][A-Z0-9_]*")


def read_connection(prefix: str, environ: Mapping[str, str] = os.environ) -> SqsConnection | AmqpConnection:
    """Return the queue that ``ecs_workloads`` put into the variables which begin with ``prefix``.

    ``<PREFIX>_URL`` says by its scheme what the queue is. ``https://`` (``http://`` for an emulator) is SQS, and
    needs nothing else. ``amqp://`` and ``amqps://`` are a broker, and need ``<PREFIX>_NAME``, ``<PREFIX>_USERNAME``
    and ``<PREFIX>_PASSWORD``; messages go to ``<PREFIX>_EXCHANGE``, where it is set.

    Args:
        prefix: What the construct was given as ``prefix`` or ``queue_prefix``, such as ``ORDERS``.
        environ: Where variables are looked up. Defaults to those of the process.

    Raises:
        InvalidEnvironment: A variable is not set, is empty, or is malformed.
        ValueError: ``prefix`` is not upper-case letters, digits and underscores.
    """
    if _PREFIX.fullmatch(prefix) is None:
        raise ValueError(f"prefix must be upper-case letters, digits and underscores, got {prefix!r}")
    name = f"{prefix}_URL"
    url = read_variable(name, environ=environ)
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        raise InvalidEnvironment(f"{name}: expected a URL, got one that cannot be read") from None
    if scheme in {"https", "http"}:
        return _checked(name, lambda: SqsConnection(url=url))
    if scheme in {"amqp", "amqps"}:
        queue = read_variable(
            f"{prefix}_NAME", convert=_queue_name, expected=f"1 to {LONGEST_NAME} bytes", environ=environ
        )
        username = read_variable(f"{prefix}_USERNAME", environ=environ)
        password = read_variable(f"{prefix}_PASSWORD", environ=environ, secret=True)
        exchange = read_variable(f"{prefix}_EXCHANGE", default="", environ=environ)
        return _checked(
            name,
            lambda: AmqpConnection(url=url, name=queue, username=username, password=password, exchange=exchange),
        )
    # Only the scheme: another kind of URL may hold a password.
    raise InvalidEnvironment(f"{name}: expected https://, http://, amqp:// or amqps://, got {scheme!r} as the scheme")


def _queue_name(text: str) -> str:
    if len(text.encode()) > LONGEST_NAME:
        raise ValueError
    return text


def _checked(variable: str, make: Callable[[], _Connection]) -> _Connection:
    try:
        return make()
    except ValueError as error:
        raise InvalidEnvironment(f"{variable}: {error}") from error
