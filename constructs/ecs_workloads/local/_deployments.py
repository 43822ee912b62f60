"""Watches the services: a deployment is complete when its tasks are well, and a task that is not is replaced."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence

from ecs_workloads.local import _cloud_map, _ministack, _service_connect, _task_states
from ecs_workloads.local._engine import Engine
from ecs_workloads.local._ministack import Document
from ecs_workloads.local._names import Names
from ecs_workloads.local._target_groups import TargetGroups

_ecs = _ministack.module("services.ecs")
_responses = _ministack.module("core.responses")

_STEADY_AFTER = 1.0  # seconds that a task runs before it counts


class Deployments:
    """The services of the target, brought to what they should be.

    Args:
        engine: Runs the tasks.
        targets: Says how the targets of load balancers are.
        names: Publishes the names of Service Connect and of Cloud Map.
    """

    def __init__(self, *, engine: Engine, targets: TargetGroups, names: Names) -> None:
        self._engine = engine
        self._targets = targets
        self._names = names

    def install(self) -> None:
        """Make ministack leave it to this class when a task is well, and count the tasks of a service one at a time."""
        reconcile, lock = _ecs._reconcile_service_tasks, threading.RLock()

        def reconcile_alone(cluster: str, service: str) -> None:
            with lock:  # two that count at once both start what is missing
                reconcile(cluster, service)

        _ministack.replace(_ecs, "_reconcile_service_tasks", reconcile_alone)
        # It counts tasks as well after a second, whatever their health checks say.
        _ministack.replace(_ecs, "_record_service_task_healthy", _do_nothing)

    def look(self) -> None:
        """Look at each service once."""
        for (account, region, _), service in list(_ecs._services.all_items()):
            if service["status"] == "ACTIVE":
                with _responses.request_scope(account, region):
                    self._look_at(service)

    def _look_at(self, service: Document) -> None:
        cluster, group = _ecs._cluster_name_from_arn(service["clusterArn"]), f"service:{service['serviceName']}"
        key = f"{cluster}/{service['serviceName']}"
        for task in _task_states.tasks_of(service):
            if task["lastStatus"] == "RUNNING":
                self._look_at_task(service, task, group)
        primary = _task_states.primary_deployment(service)
        if primary["rolloutState"] == "IN_PROGRESS":
            _ecs._refresh_service_state(cluster, group)
            _ecs._reconcile_service_tasks(cluster, key)
            _ecs._complete_service_deployment(cluster, key, expected_deployment_id=primary["id"])
            if str(primary["rolloutState"]) == "COMPLETED":
                _task_states.add_event(service, "has reached a steady state.")
        elif sum(task["desiredStatus"] != "STOPPED" for task in _task_states.tasks_of(service)) < int(
            service["desiredCount"]
        ):
            _ecs._reconcile_service_tasks(cluster, key)  # one was stopped by hand

    def _look_at_task(self, service: Document, task: Document, group: str) -> None:
        run = self._engine.run_of(task)
        if run is None:
            return
        states = [
            self._targets.state(str(balancer["targetGroupArn"]), run.address)
            for balancer in _ministack.listed(service, "loadBalancers")
            if balancer.get("targetGroupArn") and not run.simulated
        ]
        health = run.task_health() if run.has_checks() else "HEALTHY"
        ran = time.monotonic() - float(task.get("_running_since", time.monotonic()))
        if health == "UNHEALTHY":
            self._engine.count_failure(task, "Task failed container health checks")
        elif "unhealthy" in states or ("initial" in states and ran > _patience(service)):
            self._engine.count_failure(task, "Task failed ELB health checks")
        elif health == "HEALTHY" and set(states) <= {"healthy"} and ran >= _STEADY_AFTER:
            task["_startup_stable"] = True
            self._engine.forget_failures(group)

    async def publish_names(self) -> None:
        """Publish the names of Service Connect, answered for once a task is well, and those of tasks in Cloud Map."""
        records: dict[str, list[str]] = {}
        for (account, region, _), service in list(_ecs._services.all_items()):
            with _responses.request_scope(account, region):
                for record in _cloud_map.names_of(service):
                    running = [task for task in _task_states.tasks_of(service) if task["lastStatus"] == "RUNNING"]
                    records.setdefault(record, []).extend(filter(None, map(_task_states.address, running)))
                namespace, names = _service_connect.namespace_of(service), _service_connect.names_of(service)
                well = any(task.get("_startup_stable") for task in _task_states.tasks_of(service))
            for name in names:
                await asyncio.to_thread(self._names.know, namespace, name.name)
                if well:
                    backends = _Backends(self._engine, service, name.port_name, account, region)
                    await self._names.publish(namespace, name.name, name.port, backends)
        self._names.publish_records(records)


class _Backends:
    """The tasks behind one name: those that run and are well, else those that run."""

    def __init__(self, engine: Engine, service: Document, port_name: str, account: str, region: str) -> None:
        self._engine = engine
        self._service = service
        self._port_name = port_name
        self._scope = (account, region)

    def __call__(self) -> Sequence[tuple[str, int]]:
        with _responses.request_scope(*self._scope):
            running = [task for task in _task_states.tasks_of(self._service) if task["lastStatus"] == "RUNNING"]
            well = [task for task in running if task.get("_startup_stable")]
            return [(_task_states.address(task), self._port(task)) for task in well or running]

    def _port(self, task: Document) -> int:
        definition = _ecs._task_defs[_ecs._resolve_td_key(task["taskDefinitionArn"])]
        for container in definition["containerDefinitions"]:
            for mapping in _ministack.listed(container, "portMappings"):
                if mapping.get("name") == self._port_name:
                    return int(mapping["containerPort"])
        raise ValueError(f"no container of {task['taskDefinitionArn']} has a port called {self._port_name}")


def _do_nothing(_service: str, _task: Document) -> None:
    """Leave a task as it is."""


def _patience(service: Document) -> float:
    """Return how long a task may take until its load balancer finds it well, in seconds."""
    return max(60.0, float(service.get("healthCheckGracePeriodSeconds") or 0))
