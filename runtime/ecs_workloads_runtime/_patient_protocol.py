"""One HTTP connection that is not closed while a request of it is under way to us."""

from __future__ import annotations

import asyncio
import fcntl
import sys
import termios

from uvicorn.protocols.http.h11_impl import H11Protocol

# Time for which a connection must have been silent before it is closed: what was sent by then has arrived.
QUIET_SECONDS = 1.0
CLOSE = (b"connection", b"close")
_LOOK_AGAIN = 0.05


class PatientProtocol(H11Protocol):
    """uvicorn's protocol, but for the moments in which it closes a connection that looks idle.

    uvicorn closes it even where the bytes of a request are on their way, in the kernel or in its own buffer: the
    client gets a reset instead of an answer. This one reads and answers them first.
    """

    opened_at = 0.0
    _heard_at = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Begin."""
        self.opened_at = self._heard_at = self.loop.time()
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Take a part of a request."""
        self._heard_at = self.loop.time()
        super().data_received(data)

    def on_response_complete(self) -> None:
        """Be ready for another request."""
        self._heard_at = self.loop.time()
        super().on_response_complete()

    def announce_close(self) -> None:
        """Say in the answer in hand that no other follows on this connection."""
        if self._answers() and CLOSE not in self.cycle.default_headers:
            self.cycle.default_headers.append(CLOSE)

    def shutdown(self) -> None:
        """Close the connection when it has been silent for a while, or after the answer in hand."""
        if self.transport.is_closing():
            return
        if self._answers():
            super().shutdown()
        elif self._is_spoken_to() or self.loop.time() - self._heard_at < QUIET_SECONDS:
            self.loop.call_later(_LOOK_AGAIN, self.shutdown)
        else:
            super().shutdown()

    def timeout_keep_alive_handler(self) -> None:
        """Close the connection that was idle for too long."""
        if self._is_spoken_to():
            self.timeout_keep_alive_task = self.loop.call_later(_LOOK_AGAIN, self.timeout_keep_alive_handler)
        else:
            super().timeout_keep_alive_handler()

    def _answers(self) -> bool:
        """Return whether a request is in hand."""
        # None before the first request, whatever its type says.
        return bool(self.cycle) and not self.cycle.response_complete

    def _is_spoken_to(self) -> bool:
        """Return whether there are bytes of a request that is not in hand yet."""
        received, is_closed = self.conn.trailing_data
        return not is_closed and not self.transport.is_closing() and (bool(received) or self._waiting_bytes() > 0)

    def _waiting_bytes(self) -> int:
        """Return how many bytes the kernel holds for us."""
        count = bytearray(4)
        fcntl.ioctl(self.transport.get_extra_info("socket").fileno(), termios.FIONREAD, count)
        return int.from_bytes(count, sys.byteorder)
