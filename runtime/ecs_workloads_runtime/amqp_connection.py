"""Where a queue of an AMQP broker is."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

import pika

LONGEST_NAME = 255


@dataclass(frozen=True, kw_only=True)
class AmqpConnection:
    """A queue of a RabbitMQ broker, with the user that may use it.

    Args:
        url: URL of each node of the broker, with a semicolon between two, without credentials:
            ``amqp://host:port/virtual-host``, or ``amqps://``, which checks the broker's certificate. An encoded
            slash, ``%2F``, is the broker's own first virtual host. Parameters of pika may follow, such as
            ``?heartbeat=10`` (seconds; 30 without it).
        name: Name of the queue, 1 to 255 bytes. It is the routing key of what is sent.
        username: The user.
        password: The password. It is never shown.
        exchange: Exchange to which messages are sent. Defaults to the broker's default exchange.

    Raises:
        ValueError: The URL has another scheme, no host, credentials in it or a parameter that pika does not take, or a
            text is empty or too long.
    """

    url: str
    name: str
    username: str
    password: str = field(repr=False)
    exchange: str = ""

    def __post_init__(self) -> None:
        for url in self.urls:
            parts = urlsplit(url)
            _ = parts.port  # raises where it is no number
            if "@" in parts.netloc:
                raise ValueError("url must not hold credentials: they come in variables of their own")
            if parts.scheme not in {"amqp", "amqps"} or not parts.hostname:
                raise ValueError(
                    f"url must be amqp://host:port/virtual-host or amqps://..., got {url.partition('?')[0]!r}"
                )
            for name, values in parse_qs(parts.query).items():
                _check_parameter(parts.scheme, name, values)
        if not 1 <= len(self.name.encode()) <= LONGEST_NAME:
            raise ValueError(f"name must have 1 to {LONGEST_NAME} bytes, got {len(self.name.encode())}")
        if not self.username:
            raise ValueError("username must not be empty")
        if not self.password:
            raise ValueError("password must not be empty")

    @property
    def urls(self) -> list[str]:
        """The URL of each node."""
        return self.url.split(";")


def _check_parameter(scheme: str, name: str, values: list[str]) -> None:
    try:
        pika.URLParameters(f"{scheme}://host/?{urlencode({name: values}, doseq=True)}")
    except Exception:  # noqa: BLE001 - it evaluates some values, and fails in any way
        # Neither the value nor what pika says of it: options of TLS may hold a password.
        raise ValueError(
            f"url must have parameters that pika.URLParameters takes, each once, got {name!r} that it refuses"
        ) from None
