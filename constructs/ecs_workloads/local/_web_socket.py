"""A WebSocket between a client of a load balancer and one of its targets."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextvars import ContextVar

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    Ping,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)
from wsproto.utilities import LocalProtocolError, ProtocolError

from ecs_workloads.local._http_server import Receive, Scope, Send
from ecs_workloads.local._ministack import Document

Answer = tuple[int, Document, bytes]

SWITCHING_PROTOCOLS = 101
_BAD_GATEWAY: Answer = (502, {"Content-Type": "text/html"}, b"<h1>502 Bad Gateway</h1>\n")
_CHUNK = 65536
_GOING_AWAY = 1001
_SAID_BY_NOBODY = {1005, 1006}  # they stand for an end without a code
# What belongs to one of the two connections alone. Neither end knows the extensions of the other.
_OF_A_CONNECTION = {"connection", "content-length", "host", "transfer-encoding", "upgrade"}
_OF_THE_PROTOCOL = "sec-websocket-"
_OF_THE_SERVER = {b"date", b"server"}


class WebSocket:
    """The client's end is there from the start; a target's end once ``open`` found one.

    Args:
        scope: What the client asked.
        receive: Gives what it sends.
        send: Sends to it.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._target: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._protocol = WSConnection(ConnectionType.CLIENT)
        self._accepted = AcceptConnection()
        self._ended: Callable[[], None] | None = None

    async def open(self, address: tuple[str, int], path: str, headers: Mapping[str, object]) -> Answer:
        """Ask a target for a WebSocket, and return what it answered: status 101 when it opens one.

        Args:
            address: Address and port of the target.
            path: Path and query.
            headers: Headers of the request, with those of the load balancer.
        """
        try:
            self._target = await asyncio.open_connection(*address)
        except OSError:
            return _BAD_GATEWAY
        extra_headers = [
            (name.encode("latin-1"), str(value).encode("latin-1"))
            for name, value in headers.items()
            if name not in _OF_A_CONNECTION and not name.startswith(_OF_THE_PROTOCOL)
        ]
        await self._write(
            Request(
                host=str(headers.get("host") or address[0]),
                target=path,
                subprotocols=list(self._scope["subprotocols"]),
                extra_headers=extra_headers,
            )
        )
        status, found, body = _BAD_GATEWAY
        async for event in self._events():
            match event:
                case AcceptConnection():
                    self._accepted = event
                    return SWITCHING_PROTOCOLS, {}, b""
                case RejectConnection():
                    status, body = event.status_code, b""
                    found = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
                case RejectData():
                    body += bytes(event.data)
                    if event.body_finished:
                        break
                case _:
                    break
        return status, found, body

    async def _events(self) -> AsyncIterator[Event]:
        """Give what the target sends until it sends no more."""
        assert self._target is not None  # noqa: S101 - it is open
        more = True
        while more:
            try:
                # What came with the answer to the handshake is here before anything else is read.
                for event in self._protocol.events():
                    yield event
                content = await self._target[0].read(_CHUNK)
                self._protocol.receive_data(content or None)
            except (OSError, ProtocolError):
                return
            more = bool(content)

    def when_ended(self, ended: Callable[[], None]) -> None:
        """Call ``ended`` when the WebSocket is closed."""
        self._ended = ended

    async def run(self) -> None:
        """Let both ends speak until one closes."""
        headers = [(name, value) for name, value in self._accepted.extra_headers if name.lower() not in _OF_THE_SERVER]
        accept = {"type": "websocket.accept", "subprotocol": self._accepted.subprotocol, "headers": headers}
        pumps: list[asyncio.Task[None]] = []
        try:
            await self._send(accept)
            pumps = [asyncio.create_task(self._to_target()), asyncio.create_task(self._to_client())]
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if self._ended is not None:
                self._ended()
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            if self._target is not None:
                self._target[1].close()

    async def _to_target(self) -> None:
        while (message := await self._receive())["type"] != "websocket.disconnect":
            text: str | None = message.get("text")
            await self._write(BytesMessage(data=message["bytes"]) if text is None else TextMessage(data=text))
        await self._write(CloseConnection(code=_sent(message.get("code"))))

    async def _to_client(self) -> None:
        text, content = "", b""
        async for event in self._events():
            match event:
                case Ping():
                    await self._write(event.response())
                case TextMessage():
                    text += event.data
                    if event.message_finished:
                        await self._send({"type": "websocket.send", "text": text})
                        text = ""
                case BytesMessage():
                    content += bytes(event.data)
                    if event.message_finished:
                        await self._send({"type": "websocket.send", "bytes": content})
                        content = b""
                case CloseConnection():
                    await self._write(event.response())
                    close = {"code": _sent(event.code), "reason": event.reason or ""}
                    await self._send({"type": "websocket.close", **close})
                    return
                case _:
                    pass
        await self._send({"type": "websocket.close", "code": _GOING_AWAY, "reason": ""})

    async def _write(self, event: Event) -> None:
        """Send to the target; one that is gone says so where its events are read."""
        assert self._target is not None  # noqa: S101 - it is open
        with contextlib.suppress(OSError, LocalProtocolError):
            self._target[1].write(self._protocol.send(event))
            await self._target[1].drain()


def _sent(code: int | None) -> int:
    """Return the code of a close as it may be sent."""
    return _GOING_AWAY if code is None or code in _SAID_BY_NOBODY else int(code)


current: ContextVar[WebSocket | None] = ContextVar("current", default=None)
"""What the request that is being answered wants to become."""
