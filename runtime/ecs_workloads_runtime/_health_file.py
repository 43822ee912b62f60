"""A file whose age says whether a loop lives."""

from __future__ import annotations

import time
from pathlib import Path

_INTERVAL = 1.0


class HealthFile:
    """Touched while the loop lives, at most once a second.

    Args:
        path: The file, or ``None`` for none.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._touched = -_INTERVAL

    def touch(self) -> None:
        """Say that the loop lives.

        Raises:
            RuntimeError: The file cannot be written. It is no `OSError`, which a lost connection is.
        """
        now = time.monotonic()
        if self._path is not None and now - self._touched >= _INTERVAL:
            try:
                self._path.touch()
            except OSError as error:
                raise RuntimeError(
                    f"health_file cannot be written: {error}; name a file in a folder that this program may write"
                ) from error
            self._touched = now
