"""A message that the queue did not confirm."""

from __future__ import annotations


class NotSent(Exception):  # noqa: N818 - it says what is wrong
    """The queue refused the message, or did not confirm it within the time that the producer may take.

    The text says why. The message may be in the queue nevertheless: the answer may have got lost. Send it again with
    the same idempotency key.
    """
