"""Serves an ASGI app, and loses no request when it is told to end. Needs the extra ``[http]``."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from types import FrameType

import structlog
import uvicorn

from ecs_workloads_runtime._event_loop import EventLoop
from ecs_workloads_runtime._patient_protocol import CLOSE, QUIET_SECONDS, PatientProtocol

_LONGEST = timedelta(hours=1)
_LAST_PORT = 65535
_TICK = 0.05
_BACKLOG = 2048
# Of the time for a stop: for the end of the lifespan, and of that for the end of the loop.
_LAST_SECONDS = 1.0
_LOOP_SECONDS = 0.25
_LOG: structlog.stdlib.BoundLogger = structlog.get_logger("ecs_workloads_runtime")


class HttpServer:
    """Serves an ASGI app on all addresses of the container until SIGTERM.

    Then it finishes every request whose bytes have reached it, on new connections too, and says ``Connection: close``
    in each answer. It stops listening when no connection came for a second, at the latest after half of
    ``stop_timeout``; a connection is closed when it has been silent for a second.

    Args:
        app: The ASGI application, of any framework. Its lifespan is run, if it has one.
        port: Port to listen on, 1 to 65535.
        keep_alive: How long an idle connection is kept, one second to one hour, whole seconds. Longer than what is
            before the server keeps it (60 seconds for a load balancer, five minutes for the proxy of Service
            Connect), which else sends a request into a connection that is just being closed.
        stop_timeout: Longest time that all takes from SIGTERM on, 4 seconds to one hour, whole seconds. Shorter than
            the stop time-out of the container. Requests are cancelled a second before, so that the lifespan has time
            to end; what is cut is logged. A thread cannot be cut: `run` leaves it, and Python waits for it at the end
            of the process.

    Raises:
        ValueError: A value is out of its range.
    """

    def __init__(
        self, app: Callable[..., Awaitable[None]], *, port: int, keep_alive: timedelta, stop_timeout: timedelta
    ) -> None:
        if not 1 <= port <= _LAST_PORT:
            raise ValueError(f"port must be 1 to {_LAST_PORT}, got {port}")
        _check_seconds("keep_alive", keep_alive, timedelta(seconds=1))
        _check_seconds("stop_timeout", stop_timeout, timedelta(seconds=4))
        self._port = port
        self._server = _PatientServer(
            uvicorn.Config(
                app,
                interface="asgi3",
                loop="asyncio",
                http=PatientProtocol,
                ws="none",
                log_config=None,
                access_log=False,  # `RequestLog` says more
                server_header=False,
                timeout_keep_alive=int(keep_alive.total_seconds()),
            ),
            stop_timeout,
        )

    def run(self) -> None:
        """Serve until SIGTERM, SIGINT or `stop`; return when all requests are answered.

        Raises:
            OSError: The port is taken.
            SystemExit: The app did not start.
        """
        # A container is reached from outside.
        listener = socket.create_server(("0.0.0.0", self._port), backlog=_BACKLOG)  # noqa: S104
        if threading.current_thread() is not threading.main_thread():
            self._server.run([listener])
            return

        # uvicorn takes the signals over, and hands them on when it has ended: nothing is left to do then.
        def told(_: int, __: FrameType | None) -> None:
            self.stop()

        before = {number: signal.signal(number, told) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            self._server.run([listener])
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def stop(self) -> None:
        """End `run`, from any thread."""
        self._server.should_exit = True


class _PatientServer(uvicorn.Server):
    """uvicorn's server, but for its last seconds."""

    def __init__(self, config: uvicorn.Config, stop_timeout: timedelta) -> None:
        super().__init__(config)
        self._stop_seconds = stop_timeout.total_seconds()
        self._end: float | None = None
        """When all must be over."""

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve in a loop that waits for nothing longer than it may."""
        events = EventLoop()
        try:
            events.loop.run_until_complete(self.serve(sockets))
        finally:
            events.close(self._stop_seconds if self._end is None else self._end - time.monotonic())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer whom is still to be answered, then stop listening, then close."""
        now = time.monotonic  # as the clock of the loop
        begun = now()
        self._end = begun + self._stop_seconds
        # Each answer that begins from now on has it.
        self.server_state.default_headers.append(CLOSE)
        for connection in self._connections():
            connection.announce_close()
        while now() < begun + self._stop_seconds / 2:
            newest = max((connection.opened_at for connection in self._connections()), default=begun)
            if now() > max(begun, newest) + QUIET_SECONDS:
                break
            await asyncio.sleep(_TICK)
        await self._stop_listening(sockets or [])
        left = max(0.0, self._end - _LAST_SECONDS - now())
        self.config.timeout_graceful_shutdown = left  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]  # for asyncio.wait_for
        latecomers = asyncio.create_task(self._close_latecomers(now()))
        try:
            await asyncio.wait_for(super().shutdown(sockets), self._end - _LOOP_SECONDS - now())
        except TimeoutError:
            _LOG.warning("the lifespan of the app did not end within stop_timeout; it is cancelled")
        latecomers.cancel()

    async def _stop_listening(self, listeners: list[socket.socket]) -> None:
        """Take the connections that wait to be taken, and close the listeners in the same breath."""
        taken = [connection for listener in listeners for connection in _waiting(listener)]
        for server in self.servers:
            server.close()
        loop = asyncio.get_running_loop()
        for connection in taken:
            await loop.connect_accepted_socket(self._protocol, connection)

    def _protocol(self) -> PatientProtocol:
        return PatientProtocol(self.config, self.server_state, self.lifespan.state)

    async def _close_latecomers(self, since: float) -> None:
        """Close the connections that were taken in the moment in which the others were told to close."""
        told = {connection for connection in self._connections() if connection.opened_at < since}
        while True:
            for connection in self._connections():
                if connection not in told:
                    told.add(connection)
                    connection.shutdown()
            await asyncio.sleep(_TICK)

    def _connections(self) -> list[PatientProtocol]:
        return [one for one in self.server_state.connections if isinstance(one, PatientProtocol)]


def _waiting(listener: socket.socket) -> Iterator[socket.socket]:
    while True:
        try:
            connection, _ = listener.accept()
        except BlockingIOError:
            return
        except ConnectionAbortedError:
            continue  # the client has gone
        connection.settimeout(0)
        yield connection


def _check_seconds(name: str, value: timedelta, least: timedelta) -> None:
    if not least <= value <= _LONGEST or value.microseconds:
        raise ValueError(f"{name} must be whole seconds, {least} to {_LONGEST}, got {value}")
