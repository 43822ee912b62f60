"""Addresses on this machine at which the listeners of load balancers answer."""

from __future__ import annotations

import asyncio
import urllib.parse

from ecs_workloads.local import _ministack
from ecs_workloads.local._host_sockets import ADDRESS, Supervisor
from ecs_workloads.local._http_server import Receive, Scope, Send, serve
from ecs_workloads.local._ministack import Document

_alb = _ministack.module("services.alb")
_app = _ministack.module("app")
_responses = _ministack.module("core.responses")


class Entries:
    """The listeners that are open.

    Args:
        supervisor: Opens sockets of this machine.
    """

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
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
                    "address": f"http://{ADDRESS}:{port}",
                })  # fmt: skip
        return found

    async def _start(self, listener: Document, account: str, region: str) -> None:
        descriptor, port = await asyncio.to_thread(self._supervisor.open, 0)
        stop = asyncio.Event()

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "lifespan":
                await _live(receive, send)
            elif scope["type"] == "http":
                with _responses.request_scope(account, region):
                    await _answer(listener, scope, receive, send)

        task = asyncio.create_task(serve(answer, [f"fd://{descriptor}"], stop))
        self._open[listener["ListenerArn"]] = (stop, task, port)


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _answer(listener: Document, scope: Scope, receive: Receive, send: Send) -> None:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    query = scope["query_string"].decode("latin-1")
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    with _responses.request_scope(_responses.get_account_id(), _responses.get_region()):
        balancer = _alb._lbs[listener["LoadBalancerArn"]]
        response = await _alb.dispatch_request(
            balancer,
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
    await _app._send_if_handled(send, response, receive, head=scope["method"] == "HEAD")
