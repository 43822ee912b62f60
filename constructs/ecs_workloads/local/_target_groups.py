"""Target groups whose targets are asked how they are, and whose requests end before a target goes."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from dataclasses import dataclass, field

from ecs_workloads.local import _ministack, _web_socket
from ecs_workloads.local._ministack import Document

_alb = _ministack.module("services.alb")
_responses = _ministack.module("core.responses")
_FIRST_PACE = 0.5  # seconds between checks until the first success; AWS waits a whole interval
_DEFAULT_DELAY = 300.0  # seconds, as AWS has it


@dataclass(kw_only=True)
class _Target:
    state: str = "initial"
    failures: int = 0
    requests: int = 0
    next_check: float = field(default_factory=time.monotonic)

    def end_request(self) -> None:
        self.requests -= 1


class TargetGroups:
    """Health of targets, the choice among them, and the count of requests at each."""

    def __init__(self) -> None:
        self._targets: dict[tuple[str, str], _Target] = {}
        self._turns: dict[str, int] = {}
        self._lock = threading.Lock()

    def install(self) -> None:
        """Make ministack's load balancers choose their targets here."""
        _ministack.replace(_alb, "_forward_to_tg", self._forward)
        _ministack.replace(_alb, "_describe_target_health", self._describe)

    def state(self, group: str, address: str) -> str:
        """Return the state of a target as the API says it, such as ``healthy``."""
        target = self._targets.get((group, address))
        return "initial" if target is None else target.state

    def drain(self, address: str) -> None:
        """Wait until the requests at a target have ended, or the deregistration delay of its group is over."""
        began = time.monotonic()
        for (group, where), target in list(self._targets.items()):
            if where == address:
                target.state = "draining"
                delay = float(_attribute(group, "deregistration_delay.timeout_seconds", _DEFAULT_DELAY))
                while target.requests and time.monotonic() - began < delay:
                    time.sleep(0.05)
                self._targets.pop((group, where), None)

    async def check(self) -> None:
        """Ask each target that is due."""
        due: list[tuple[Document, str, int]] = []
        for definition, registered in _registered():
            for each in registered:
                target = self._targets.setdefault((definition["TargetGroupArn"], each["Id"]), _Target())
                if target.state != "draining" and time.monotonic() >= target.next_check:
                    target.next_check = time.monotonic() + _FIRST_PACE
                    due.append((definition, str(each["Id"]), int(each["Port"])))
        await asyncio.gather(*(self._check(*each) for each in due))

    async def _check(self, definition: Document, address: str, port: int) -> None:
        target = self._targets[definition["TargetGroupArn"], address]
        path = str(definition.get("HealthCheckPath") or "/")
        wanted_port = str(definition.get("HealthCheckPort") or "traffic-port")
        port = port if wanted_port == "traffic-port" else int(wanted_port)
        timeout = float(definition.get("HealthCheckTimeoutSeconds") or 5)
        try:
            status = await asyncio.wait_for(_status(address, port, path), timeout)
        except (OSError, TimeoutError, ValueError):
            status = 0
        if _matches(status, str(_ministack.nested(definition, "Matcher").get("HttpCode") or "200")):
            target.failures = 0
            if target.state != "draining":
                target.state = "healthy"
        else:
            target.failures += 1
            if target.state == "healthy" and target.failures >= int(definition.get("UnhealthyThresholdCount") or 2):
                target.state = "unhealthy"
        if target.state != "initial":
            target.next_check = time.monotonic() + float(definition.get("HealthCheckIntervalSeconds") or 30)

    def _pick(self, group: str) -> Document | None:
        registered = list(_alb._targets.get(group, []))
        healthy = [each for each in registered if self.state(group, each["Id"]) == "healthy"]
        choice = healthy or registered
        if not choice:
            return None
        with self._lock:
            turn = self._turns[group] = self._turns.get(group, 0) + 1
        picked: Document = choice[turn % len(choice)]
        return picked

    async def _forward(  # noqa: PLR0917 - ministack's signature
        self,
        group: str,
        method: str,
        path: str,
        headers: Document,
        body: bytes,
        query: Document,
        raw_query: str | None = None,
        raw_path: str | None = None,
    ) -> tuple[int, Document, object]:
        definition, picked = _alb._tgs.get(group), self._pick(group)
        if definition is None or picked is None:
            return 503, {"Content-Type": "text/html"}, b"<h1>503 Service Temporarily Unavailable</h1>\n"
        target = self._targets.setdefault((group, picked["Id"]), _Target())
        target.requests += 1
        handed_on = False
        socket = _web_socket.current.get()
        try:
            if socket is not None:
                address = (str(picked["Id"]), int(picked["Port"]))
                whole_path = (raw_path or path) + (f"?{raw_query}" if raw_query else "")
                answer = await socket.open(address, whole_path, headers)
                handed_on = answer[0] == _web_socket.SWITCHING_PROTOCOLS
                if handed_on:
                    socket.when_ended(target.end_request)
                return answer
            status, out, content = await _alb._proxy_http_target(
                picked, definition, method, raw_path or path, headers, body, query, raw_query
            )
            if isinstance(content, _responses.StreamingResponse):
                handed_on = True
                return status, out, _counted(content, target)
            return status, out, content
        finally:
            if not handed_on:
                target.end_request()

    def _describe(self, parameters: Document) -> object:
        group = _alb._p(parameters, "TargetGroupArn")
        if group not in _alb._tgs:
            return _alb._error("TargetGroupNotFound", f"Target group '{group}' not found.")
        members = "".join(
            f"<member><Target><Id>{each['Id']}</Id><Port>{each['Port']}</Port></Target>"
            f"<TargetHealth><State>{self.state(group, each['Id'])}</State></TargetHealth></member>"
            for each in _alb._targets.get(group, [])
        )
        content = f"<TargetHealthDescriptions>{members}</TargetHealthDescriptions>"
        return _alb._xml(200, "DescribeTargetHealth", content)


def _registered() -> list[tuple[Document, list[Document]]]:
    found: list[tuple[Document, list[Document]]] = []
    for (account, region, arn), definition in list(_alb._tgs.all_items()):
        with _responses.request_scope(account, region):
            found.append((definition, list(_alb._targets.get(arn, []))))
    return found


def _counted(content: object, target: _Target) -> object:
    """Return the response ``content``, which ends one request at ``target`` when it has been sent."""
    original = content.runner  # type: ignore[attr-defined]

    async def stream(send: object, receive: object) -> None:
        try:
            await original(send, receive)
        finally:
            target.end_request()

    return _responses.StreamingResponse(stream)


def _attribute(group: str, name: str, default: float) -> str:
    attributes = _alb._tg_attrs.get(group, [])
    return next((str(each["Value"]) for each in attributes if each["Key"] == name), str(default))


def _matches(status: int, codes: str) -> bool:
    for part in codes.split(","):
        low, _, high = part.partition("-")
        if int(low) <= status <= int(high or low):
            return True
    return False


async def _status(address: str, port: int, path: str) -> int:
    reader, writer = await asyncio.open_connection(address, port)
    try:
        headers = (f"Host: {address}:{port}", "User-Agent: ELB-HealthChecker/2.0", "Connection: close", "", "")
        writer.write("\r\n".join([f"GET {path} HTTP/1.1", *headers]).encode())
        await writer.drain()
        return int((await reader.readline()).split()[1])
    except IndexError as error:
        raise ValueError("no answer") from error
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
