"""Addresses on this machine at which the listeners of load balancers answer."""

from __future__ import annotations

import asyncio
import urllib.parse
from pathlib import Path

from ecs_workloads.local import _ministack
from ecs_workloads.local._certificate import write_certificate
from ecs_workloads.local._host_sockets import ADDRESS, Supervisor
from ecs_workloads.local._http_server import Receive, Scope, Send, serve
from ecs_workloads.local._ministack import Document, Response
from ecs_workloads.local._web_socket import SWITCHING_PROTOCOLS, WebSocket, current

_alb = _ministack.module("services.alb")
_app = _ministack.module("app")
_responses = _ministack.module("core.responses")


class Entries:
    """The listeners that are open.

    Args:
        supervisor: Opens sockets of this machine.
        folder: Where the certificate for HTTPS is kept.
    """

    def __init__(self, supervisor: Supervisor, folder: Path) -> None:
        self._supervisor = supervisor
        self._folder = folder
        self._open: dict[str, tuple[asyncio.Event, asyncio.Task[None], int]] = {}

    async def look(self) -> None:
        """Open what was made since the last look, and close what is gone."""
        listeners: dict[tuple[str, str, str], Document] = dict(_alb._listeners.all_items())
        arns = {listener["ListenerArn"] for listener in listeners.values()}
        for arn in [arn for arn in self._open if arn not in arns]:
            self._open.pop(arn)[0].set()
        for (account, region, _), listener in listeners.items():
            if listener["ListenerArn"] not in self._open:
                await self._start(listener, account, region)

    def describe(self) -> list[dict[str, object]]:
        """Return each open listener: its load balancer, its port there, and its address here."""
        found: list[dict[str, object]] = []
        for _, listener in list(_alb._listeners.all_items()):
            if listener["ListenerArn"] in self._open:
                port = self._open[listener["ListenerArn"]][2]
                found.append({
                    "listenerArn": listener["ListenerArn"],
                    "loadBalancerArn": listener["LoadBalancerArn"],
                    "port": int(listener["Port"]),
                    "address": f"{str(listener['Protocol']).lower()}://{ADDRESS}:{port}",
                })  # fmt: skip
        return found

    async def _start(self, listener: Document, account: str, region: str) -> None:
        descriptor, port = await asyncio.to_thread(self._supervisor.open, 0)
        stop = asyncio.Event()
        certificate = write_certificate(self._folder) if listener["Protocol"] == "HTTPS" else None

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "lifespan":
                await _live(receive, send)
            elif scope["type"] in {"http", "websocket"}:
                with _responses.request_scope(account, region):
                    to_it = self._answer if scope["type"] == "http" else self._answer_web_socket
                    await to_it(listener, scope, receive, send)

        task = asyncio.create_task(serve(answer, [f"fd://{descriptor}"], stop, certificate=certificate))
        self._open[listener["ListenerArn"]] = (stop, task, port)

    async def _answer(self, listener: Document, scope: Scope, receive: Receive, send: Send) -> None:
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        response = await self._dispatch(listener, scope, body)
        await _app._send_if_handled(send, response, receive, head=scope["method"] == "HEAD")

    async def _answer_web_socket(self, listener: Document, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()  # that it wants to connect
        socket = WebSocket(scope, receive, send)
        token = current.set(socket)
        try:
            status, headers, body = await self._dispatch(listener, {**scope, "method": "GET"}, b"")
        finally:
            current.reset(token)
        if status == SWITCHING_PROTOCOLS:
            await socket.run()
            return
        content = body if isinstance(body, bytes) else str(body).encode()
        pairs = [(str(name).lower().encode("latin-1"), str(value).encode("latin-1")) for name, value in headers.items()]
        await send({"type": "websocket.http.response.start", "status": status, "headers": pairs})
        await send({"type": "websocket.http.response.body", "body": content})

    async def _dispatch(self, listener: Document, scope: Scope, body: bytes) -> Response:
        query = scope["query_string"].decode("latin-1")
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        with _responses.request_scope(_responses.get_account_id(), _responses.get_region()):
            response: Response = await _alb.dispatch_request(
                _alb._lbs[listener["LoadBalancerArn"]],
                scope["method"],
                scope["path"],
                headers,
                body,
                urllib.parse.parse_qs(query, keep_blank_values=True),
                int(listener["Port"]),
                client_ip=scope["client"][0],
                raw_query_string=query,
                raw_path=scope["raw_path"].decode("latin-1"),
            )
        self._point_here(listener, response[1])
        return response

    def _point_here(self, listener: Document, headers: Document) -> None:
        """Let a redirect from one listener to another end where the other is on this machine."""
        for name in [name for name in headers if name.lower() == "location"]:
            parts = urllib.parse.urlsplit(str(headers[name]))
            port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
            for _, other in list(_alb._listeners.all_items()):
                same = other["LoadBalancerArn"] == listener["LoadBalancerArn"] and int(other["Port"]) == port
                if same and parts.hostname in {ADDRESS, "localhost"} and other["ListenerArn"] in self._open:
                    here = f"{parts.hostname}:{self._open[other['ListenerArn']][2]}"
                    headers[name] = urllib.parse.urlunsplit(parts._replace(netloc=here))


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
