"""No request is lost when the server is told to end: real processes, real sockets."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from ecs_workloads_runtime.http_server import HttpServer
from tests.runtime.broker import free_port
from tests.runtime.programs import PATIENCE, Program

SERVER = """
import asyncio, os, time
from datetime import timedelta
from ecs_workloads_runtime.http_server import HttpServer

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        print("app ended", flush=True)
        await send({"type": "lifespan.shutdown.complete"})
        return
    if scope["path"] == "/block":  # nothing is read meanwhile
        print("blocked", flush=True)
        time.sleep(2)
    elif scope["path"] == "/busy":  # something is read now and then
        print("busy", flush=True)
        for _ in range(10):
            time.sleep(0.15)
            await asyncio.sleep(0)
    elif scope["path"] == "/slow":
        print("slow", flush=True)
        await asyncio.sleep(2)
    else:
        await asyncio.sleep(0.005)
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})

keep_alive, stop_timeout = timedelta(seconds=60), timedelta(seconds=20)
HttpServer(app, port=int(os.environ["PORT"]), keep_alive=keep_alive, stop_timeout=stop_timeout).run()
print("ended", flush=True)
"""
GET = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"


@dataclass(frozen=True, kw_only=True)
class Server:
    """The process, and where it listens."""

    program: Program
    port: int

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)


@pytest.fixture
def server() -> Generator[Server, None, None]:
    port = free_port()
    with Program(SERVER, {"PORT": str(port)}) as program:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
            except ConnectionRefusedError:
                assert time.monotonic() < end
                assert program.process.poll() is None
                time.sleep(0.05)
            else:
                break
        yield Server(program=program, port=port)


def answer_on(connection: socket.socket) -> bytes:
    """Return one answer, or what came of it."""
    received = b""
    while not received.endswith(b"\r\n\r\nok"):
        part = connection.recv(65536)
        if not part:
            break
        received += part
    return received


@dataclass(kw_only=True)
class Tally:
    """What a client saw."""

    answered: int = 0
    after_the_signal: int = 0
    lost: list[str] = field(default_factory=list[str])
    told_to_end: bool = False
    deregistered: bool = False


async def ask_for_ever(port: int, tally: Tally) -> None:
    """Send requests on one connection until the server says that it closes it, then on a new one.

    It ends when nobody sends it any more: a load balancer takes a while to know.
    """
    while not tally.deregistered:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except ConnectionRefusedError:
            return  # no request was sent
        closes = False
        while not closes:
            try:
                writer.write(GET)
                await writer.drain()
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(2)
            except (OSError, asyncio.IncompleteReadError) as error:
                tally.lost.append(repr(error))
                return
            tally.answered += 1
            tally.after_the_signal += tally.told_to_end
            closes = b"connection: close" in head.lower()
        writer.close()


def test_sigterm_under_load_loses_no_request(server: Server) -> None:
    tally = Tally()

    async def load() -> None:
        clients = [asyncio.create_task(ask_for_ever(server.port, tally)) for _ in range(100)]
        await asyncio.sleep(2)
        tally.told_to_end = True
        server.program.ask_to_end()
        await asyncio.sleep(3)
        tally.deregistered = True
        await asyncio.wait_for(asyncio.gather(*clients), PATIENCE)

    asyncio.run(load())
    assert server.program.end() == 0
    assert tally.lost == []
    assert tally.answered > 100
    assert tally.after_the_signal >= 100
    assert server.program.lines == ["app ended", "ended"]


def test_a_request_that_waits_in_the_kernel_is_answered(server: Server) -> None:
    used, fresh = server.connect(), server.connect()
    used.sendall(GET)
    assert answer_on(used).endswith(b"ok")
    blocking = server.connect()
    blocking.sendall(GET.replace(b"/ ", b"/block ", 1))
    server.program.wait_for("blocked")
    # The process reads nothing now. It is told to end, and finds all at once.
    unaccepted = server.connect()
    for connection in (used, fresh, unaccepted):
        connection.sendall(GET)
    server.program.ask_to_end()

    for connection in (blocking, used, fresh, unaccepted):
        assert answer_on(connection).endswith(b"ok")
        connection.close()
    assert server.program.end() == 0


def test_requests_that_come_while_a_busy_process_ends_are_answered(server: Server) -> None:
    connections = [server.connect() for _ in range(60)]
    for connection in connections:
        connection.sendall(GET)
        answer_on(connection)
    busy = server.connect()
    busy.sendall(GET.replace(b"/ ", b"/busy ", 1))
    server.program.wait_for("busy")
    # At each moment some bytes are in the kernel, where the process has not looked yet.
    for index, connection in enumerate(connections):
        if index == 20:
            server.program.ask_to_end()
        connection.sendall(GET)
        time.sleep(0.005)

    for connection in (busy, *connections):
        assert answer_on(connection).endswith(b"ok")
        connection.close()
    assert server.program.end() == 0


def test_a_request_in_hand_is_answered_and_the_connection_closed(server: Server) -> None:
    connection = server.connect()
    connection.sendall(GET.replace(b"/ ", b"/slow ", 1))
    server.program.wait_for("slow")
    server.program.ask_to_end()

    answer = answer_on(connection)
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"connection: close" in answer.lower()
    assert connection.recv(1) == b""
    connection.close()
    assert server.program.end() == 0


def test_a_request_that_has_come_in_part_is_answered(server: Server) -> None:
    connection = server.connect()
    connection.sendall(GET[:10])
    time.sleep(0.5)
    server.program.ask_to_end()
    time.sleep(3)
    connection.sendall(GET[10:])
    assert answer_on(connection).endswith(b"ok")
    connection.close()
    assert server.program.end() == 0


def test_idle_connections_do_not_keep_it(server: Server) -> None:
    connections = [server.connect() for _ in range(20)]
    for connection in connections:
        connection.sendall(GET)
        assert b"connection: close" not in answer_on(connection).lower()
    begun = time.monotonic()
    server.program.ask_to_end()
    assert server.program.end() == 0
    # Its longest is 20 seconds. It waits for two quiet ones.
    assert time.monotonic() - begun < 15
    for connection in connections:
        assert connection.recv(1) == b""
        connection.close()


# What does not end by itself: the lifespan, or a thread of a request.
ENDLESS = """
import asyncio, os, threading, time
from datetime import timedelta
from ecs_workloads_runtime.http_server import HttpServer

go = threading.Event()

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        print("lifespan ends", flush=True)
        if os.environ["ENDLESS"] == "lifespan":
            await asyncio.sleep(60)
        await send({"type": "lifespan.shutdown.complete"})
        return
    if scope["path"] == "/endless":
        print("endless", flush=True)
        await asyncio.to_thread(go.wait, 60)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})

HttpServer(
    app, port=int(os.environ["PORT"]), keep_alive=timedelta(seconds=60), stop_timeout=timedelta(seconds=4)
).run()
print("ended", flush=True)
go.set()
"""


@pytest.mark.parametrize(
    ("endless", "text"),
    [
        ("lifespan", "the lifespan of the app did not end within stop_timeout; it is cancelled"),
        ("thread", "threads of asyncio are still at work; the process ends when they do"),
    ],
)
def test_a_stop_takes_no_longer_than_it_may(endless: str, text: str) -> None:
    port = free_port()
    with Program(ENDLESS, {"PORT": str(port), "ENDLESS": endless}) as program:
        server = Server(program=program, port=port)
        connection = connect_soon(server)
        connection.sendall(GET.replace(b"/ ", b"/endless ", 1) if endless == "thread" else GET)
        if endless == "thread":
            program.wait_for("endless")
        begun = time.monotonic()
        program.ask_to_end()
        program.wait_for("ended")
        assert time.monotonic() - begun < 15  # it was sixty seconds
        connection.close()
        assert program.end() == 0
        assert "lifespan ends" in program.lines
        assert any(text in line for line in program.lines)


def connect_soon(server: Server) -> socket.socket:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return server.connect()
        except ConnectionRefusedError:
            assert time.monotonic() < end
            time.sleep(0.05)


def test_a_request_has_one_line_in_the_log() -> None:
    code = SERVER.replace("HttpServer(app,", "HttpServer(RequestLog(app),").replace(
        "async def app",
        "from ecs_workloads_runtime import configure_logging\n"
        "from ecs_workloads_runtime.request_log import RequestLog\nconfigure_logging('app')\n\nasync def app",
        1,
    )
    port = free_port()
    with Program(code, {"PORT": str(port)}) as program:
        connection = connect_soon(Server(program=program, port=port))
        connection.sendall(GET)
        assert answer_on(connection).endswith(b"ok")
        program.ask_to_end()
        connection.close()
        assert program.end() == 0
        assert len([line for line in program.lines if "GET" in line]) == 1


@pytest.mark.parametrize(
    ("port", "keep_alive", "stop_timeout", "text"),
    [
        (0, 60, 30, "port must be 1 to 65535, got 0"),
        (8080, 0, 30, "keep_alive must be whole seconds, 0:00:01 to 1:00:00, got 0:00:00"),
        (8080, 60, 3, "stop_timeout must be whole seconds, 0:00:04 to 1:00:00, got 0:00:03"),
        (8080, 1.5, 30, "keep_alive must be whole seconds"),
    ],
)
def test_an_argument_out_of_its_range_is_refused(port: int, keep_alive: float, stop_timeout: float, text: str) -> None:
    async def app() -> None:
        return None

    with pytest.raises(ValueError, match=text):
        HttpServer(
            app,
            port=port,
            keep_alive=timedelta(seconds=keep_alive),
            stop_timeout=timedelta(seconds=stop_timeout),
        )
