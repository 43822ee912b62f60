"""A queue that does not answer, or answers no."""

from __future__ import annotations


class QueueUnreachable(ConnectionError):  # noqa: N818 - it says what is wrong
    """The queue cannot be reached, or refuses this program."""
