"""What ministack knows of a task, written as the task goes through its life."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from ecs_workloads.local import _ministack
from ecs_workloads.local._ministack import Document

_ecs = _ministack.module("services.ecs")
_concurrency = _ministack.module("core.concurrency")
_metadata = _ministack.module("services.ecs_metadata")


def attach_network(task: Document, address: str) -> None:
    """Say at which address the task is."""
    details = [{"name": "privateIPv4Address", "value": address}]
    if task.get("_subnet"):
        details.insert(0, {"name": "subnetId", "value": task["_subnet"]})
    network = {"id": str(uuid.uuid4()), "type": "ElasticNetworkInterface", "status": "ATTACHED", "details": details}
    task["attachments"] = [network]


def address(task: Document) -> str:
    """Return the address of a task; empty before it has one."""
    return str(_ecs._task_ip(task) or "")


def begin_stop(task: Document, reason: str, code: str) -> bool:
    """Say that a task is to stop; return ``False`` when it is stopping already."""
    with _concurrency.resource_lock("ecs-task", task["taskArn"]):
        if not _ecs._task_is_active(task["taskArn"], task):
            return False
        _ecs._bump_task_version(task)
        task.update(
            desiredStatus="STOPPED",
            lastStatus="DEACTIVATING",
            stoppingAt=_ecs._iso(),
            stoppedReason=reason,
            stopCode=code,
        )
    _metadata.set_task_status(task["taskArn"], desired_status="STOPPED")
    recount(task)
    return True


def end_stop(task: Document, exit_codes: Mapping[str, int | None]) -> None:
    """Say that a task stopped."""
    with _concurrency.resource_lock("ecs-task", task["taskArn"]):
        now = _ecs._iso()
        task.update(lastStatus="STOPPED", stoppedAt=now, executionStoppedAt=now)
        _ecs._bump_task_version(task)
        for container in task["containers"]:
            container["lastStatus"] = "STOPPED"
            container["exitCode"] = exit_codes.get(container["name"])
    for token in task.pop("_metadata_tokens", []):
        _metadata.unregister_token(token)
    recount(task)


def recount(task: Document) -> None:
    """Bring the counts of the task's cluster and service up to date, and the targets of its target groups."""
    cluster = _ecs._cluster_name_from_arn(task["clusterArn"])
    _ecs._recount_cluster(cluster)
    _ecs._refresh_service_state(cluster, task.get("group", ""))


def service_of(task: Document) -> Document | None:
    """Return the service that a task belongs to; ``None`` for a task that was run by itself."""
    group = str(task.get("group") or "")
    if not group.startswith("service:"):
        return None
    cluster = _ecs._cluster_name_from_arn(task["clusterArn"])
    service: Document | None = _ecs._services.get(f"{cluster}/{group.removeprefix('service:')}")
    return service


def tasks_of(service: Document) -> list[Document]:
    """Return the tasks of a service that have not stopped."""
    group = f"service:{service['serviceName']}"
    return [
        task
        for task in list(_ecs._tasks.values())
        if task.get("group") == group
        and task["clusterArn"] == service["clusterArn"]
        and task["lastStatus"] != "STOPPED"
    ]


def primary_deployment(service: Document) -> Document:
    """Return the deployment that a service is to be: after a failed one that was taken back, the one before it."""
    deployments = _ministack.listed(service, "deployments")
    return next((each for each in deployments if each["status"] == "PRIMARY"), deployments[0])


def add_event(service: Document, message: str) -> None:
    """Add a line to the events of a service."""
    event = {
        "id": str(uuid.uuid4()),
        "createdAt": _ecs._iso(),
        "message": f"(service {service['serviceName']}) {message}",
    }
    service["events"].insert(0, event)
