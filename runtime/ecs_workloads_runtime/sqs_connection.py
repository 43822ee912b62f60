"""Where a queue of SQS is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

# The hosts of SQS: by region, in China, and behind an endpoint of one's own network.
_HOST = re.compile(r"(?:.+\.)?sqs\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.(?:vpce\.)?amazonaws\.com(?:\.cn)?")


@dataclass(frozen=True, kw_only=True)
class SqsConnection:
    """A queue of SQS. The program sends and receives with the credentials of its task role.

    Args:
        url: URL of the queue, as SQS gives it. ``https://``, or ``http://`` for an emulator.

    Raises:
        ValueError: The URL has another scheme, no host, or no name of a queue.
    """

    url: str

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"https", "http"} or not parts.hostname or not parts.path.strip("/"):
            raise ValueError(f"url must be https://host/account/queue, got {self.url!r}")

    @property
    def region(self) -> str | None:
        """The region that the URL names, or ``None`` where the host is not one of AWS."""
        host = _HOST.fullmatch(urlsplit(self.url).hostname or "")
        return None if host is None else host["region"]

    @property
    def origin(self) -> str:
        """Scheme, host and port of the URL."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def is_fifo(self) -> bool:
        """Whether the queue keeps the order of messages of one group."""
        return self.url.endswith(".fifo")
