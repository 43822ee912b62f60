"""What a handler is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message of a queue.

    A queue delivers each message at least once, so a handler must expect to see one again: do nothing where the
    work of its ``idempotency_key`` is already done.

    Args:
        body: What was sent.
        idempotency_key: The same for each delivery of the message, and for each attempt to send it.
        attributes: What was sent beside the body, such as a request id.
        attempt: 1 for the first delivery, 2 for the second. A delivery that was given back unread by another consumer
            may count as well.
    """

    body: str
    idempotency_key: str
    attributes: Mapping[str, str]
    attempt: int
