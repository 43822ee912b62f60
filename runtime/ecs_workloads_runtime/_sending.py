"""What a producer asks of a queue, whatever the queue is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

IDEMPOTENCY_KEY = "idempotency_key"


@dataclass(frozen=True, kw_only=True)
class OutgoingMessage:
    """One message on its way to a queue."""

    body: str
    idempotency_key: str
    attributes: Mapping[str, str]
    group: str | None


class TransientFailure(Exception):  # noqa: N818 - it says what it is
    """The queue did not take the message this time; it may take it later."""


class PermanentFailure(Exception):  # noqa: N818 - it says what it is
    """The queue will never take the message."""


class Sender(Protocol):
    """Puts messages on one queue. Any thread may call it."""

    def send(self, message: OutgoingMessage, timeout: timedelta) -> None:
        """Return when the queue has confirmed ``message``; raise a failure when it has not within ``timeout``."""
        ...

    def check(self, timeout: timedelta) -> None:
        """Raise a failure when the queue cannot be reached within ``timeout``."""
        ...

    def close(self) -> None:
        """Give the connection back. What waits for a broker fails at once."""
        ...
