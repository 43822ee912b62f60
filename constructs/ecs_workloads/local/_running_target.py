"""The parts of a target, put together and kept going."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import urllib.parse
from pathlib import Path

from ecs_workloads.local import _ministack, _resources
from ecs_workloads.local._container import ContainerProcess
from ecs_workloads.local._deployments import Deployments
from ecs_workloads.local._engine import Engine
from ecs_workloads.local._entries import Entries
from ecs_workloads.local._host_sockets import Supervisor
from ecs_workloads.local._http_server import Receive, Scope, Send, serve
from ecs_workloads.local._image_store import ImageStore
from ecs_workloads.local._log_tail import LogTail
from ecs_workloads.local._loopback_container import LoopbackContainer
from ecs_workloads.local._loopback_network import LoopbackNetwork
from ecs_workloads.local._mode import Mode
from ecs_workloads.local._names import Names
from ecs_workloads.local._network import Network
from ecs_workloads.local._reports import Reports
from ecs_workloads.local._state import StateFolder
from ecs_workloads.local._target_groups import TargetGroups
from ecs_workloads.local._task_plans import TaskPlans
from ecs_workloads.local._task_runs import ProcessRuns, SimulatedRuns
from ecs_workloads.local._task_volumes import TaskVolumes

_PACE = 0.2  # seconds between two looks at services, targets and listeners
_OWN_PATH = "/_ecs-workloads/"
_log = logging.getLogger("ecs_workloads.local")


class RunningTarget:
    """A target in one process.

    Args:
        folder: Its folder.
        mode: How its tasks run.
        supervisor: Opens sockets of the machine.
    """

    def __init__(self, folder: StateFolder, mode: Mode, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._mode = mode
        network = _network(mode)
        self._gateway = network.gateway
        # In namespaces, /run is the target's own.
        run = Path("/run") if mode is Mode.NAMESPACES else folder.path / "run"
        names = Names(network, run)
        self._targets = TargetGroups()
        plans = TaskPlans(
            images=ImageStore(folder.images),
            volumes=TaskVolumes(folder.volumes, run / "tasks"),
            names=names,
            gateway=network.gateway,
            resolve=mode is Mode.LOOPBACK,
        )
        container = ContainerProcess if mode is Mode.NAMESPACES else LoopbackContainer
        processes = ProcessRuns(plans=plans, network=network, container=container)
        tail = LogTail()
        runs = SimulatedRuns() if mode is Mode.SIMULATED else processes
        self._engine = Engine(runs=runs, targets=self._targets, tail=tail)
        self._deployments = Deployments(engine=self._engine, targets=self._targets, names=names)
        self._entries = Entries(supervisor, folder.path)
        self._reports = Reports(mode=mode, entries=self._entries, targets=self._targets, tail=tail)
        _resources.register()
        self._targets.install()
        self._engine.install()
        self._deployments.install()

    async def run(self, listener: int, stop: asyncio.Event) -> None:
        """Answer until ``stop`` is set, then end every task.

        Args:
            listener: File descriptor of the socket of the API.
            stop: Ends it.
        """
        port = os.environ["GATEWAY_PORT"]
        addresses = [f"fd://{listener}"]
        if self._mode is Mode.NAMESPACES:  # the target itself, whose functions answer CloudFormation, and the tasks
            addresses += [f"127.0.0.1:{port}", f"{self._gateway}:{port}"]
        looks = [asyncio.create_task(self._look()), asyncio.create_task(self._look_at_services())]
        await serve(self._answer, addresses, stop)
        for look in looks:
            look.cancel()
        await asyncio.to_thread(self._engine.stop_all)
        os._exit(0)  # ministack's threads wait for work for ever

    async def _look(self) -> None:
        while True:
            try:
                await self._entries.look()
                await self._targets.check()
                await self._deployments.publish_names()
            except Exception:  # noqa: BLE001 - the next look may succeed
                _log.exception("a look at load balancers and names failed")
            await asyncio.sleep(_PACE)

    async def _look_at_services(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self._deployments.look)
            except Exception:  # noqa: BLE001 - the next look may succeed
                _log.exception("a look at services failed")
            await asyncio.sleep(_PACE)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(_OWN_PATH):
            query = dict(urllib.parse.parse_qsl(scope["query_string"].decode("ascii")))
            await self._answer_own(scope["path"].removeprefix(_OWN_PATH), query, send)
            return

        async def noted(message: dict[str, object]) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                self._supervisor.say(ready=True)

        await _ministack.module("app").app(scope, receive, noted)

    async def _answer_own(self, question: str, query: dict[str, str], send: Send) -> None:
        try:
            answer = self._reports.answer(question, query)
            status = 404 if answer is None else 200
        except ValueError as error:
            answer, status = {"error": str(error)}, 400
        body = json.dumps(answer).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _network(mode: Mode) -> Network:
    if mode is not Mode.NAMESPACES:
        return LoopbackNetwork(int(os.environ["GATEWAY_PORT"]))
    from ecs_workloads.local._task_network import TaskNetwork  # noqa: PLC0415 - what it imports is for Linux

    return TaskNetwork()
