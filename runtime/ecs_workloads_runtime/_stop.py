"""How a consumer is told to stop."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

_SLICE = 0.1


class Stop:
    """A flag that a signal handler may raise: it takes no lock, as an event of `threading` would."""

    def __init__(self) -> None:
        self._is_set = False

    def is_set(self) -> bool:
        """Return whether the flag is up."""
        return self._is_set

    def set(self) -> None:
        """Raise the flag."""
        self._is_set = True

    def wait(self, seconds: float) -> None:
        """Sleep for ``seconds``, or until the flag is up."""
        end = time.monotonic() + seconds
        while not self._is_set and time.monotonic() < end:
            time.sleep(min(_SLICE, seconds))

    @contextmanager
    def on_signals(self) -> Generator[None, None, None]:
        """Raise the flag on SIGTERM and SIGINT. Outside the main thread, which gets the signals, do nothing."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def told(_: int, __: FrameType | None) -> None:
            self.set()

        before = {number: signal.signal(number, told) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
