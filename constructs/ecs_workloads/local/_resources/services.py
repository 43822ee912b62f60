"""Services of ECS: CloudFormation waits until they are steady, and fails when their deployment does."""

from __future__ import annotations

import time

from ecs_workloads.local import _ministack, _task_states
from ecs_workloads.local._ministack import Document, Response
from ecs_workloads.local._resources._resource_type import Created, ResourceType
from ecs_workloads.local._resources.camel_case import camel_case
from ecs_workloads.local._resources.service_waves import SERVICE, finish
from ecs_workloads.local._resources.task_definitions import tags

_ecs = _ministack.module("services.ecs")
_responses = _ministack.module("core.responses")

_LONGEST_ROLLOUT = 900.0  # seconds; AWS gives up after three hours
_KEPT = (
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "availabilityZoneRebalancing",
    "placementStrategy",
    "placementConstraints",
)
_CHANGED_IN_PLACE = (
    "taskDefinition",
    "desiredCount",
    "networkConfiguration",
    "loadBalancers",
    "healthCheckGracePeriodSeconds",
    "enableExecuteCommand",
    "platformVersion",
    "capacityProviderStrategy",
    "deploymentConfiguration",
)
_NEED_NEW_TASKS = (
    "networkConfiguration",
    "loadBalancers",
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "enableExecuteCommand",
)


def types() -> list[ResourceType]:
    """Return the types of this module, and make the API of ECS keep what it drops."""
    original = _ecs._create_service

    def create_service(request: Document) -> Response:
        count = int(request.get("desiredCount", 1))
        # Its first tasks must find what ministack drops: it is made without tasks, completed, and then started.
        response: Response = original({**request, "desiredCount": 0})
        if response[0] >= 400:  # noqa: PLR2004 - the first status of HTTP that means an error
            return response
        cluster = _ecs._resolve_cluster_name(request.get("cluster", "default"))
        service = find(cluster, str(request["serviceName"]))
        service.update({key: request[key] for key in _KEPT if key in request}, desiredCount=count)
        if count > 0:
            state = {"rolloutState": "IN_PROGRESS", "rolloutStateReason": "ECS deployment in progress."}
            service["deployments"][0].update(state, desiredCount=count)
            _ecs._reconcile_service_tasks(cluster, f"{cluster}/{request['serviceName']}")
        made: Response = _responses.json_response({"service": _ecs._sanitize(service)})
        return made

    _ministack.replace(_ecs, "_create_service", create_service)
    stacks = _ministack.module("services.cloudformation.stacks")
    blocks = stacks._runs_on_worker_thread

    def runs_on_worker_thread(name: str) -> bool:
        return name == SERVICE or bool(blocks(name))

    _ministack.replace(stacks, "_runs_on_worker_thread", runs_on_worker_thread)
    return [ResourceType(name=SERVICE, create=_create, update=_update, delete=_delete)]


def find(cluster: str, name: str) -> Document:
    """Return the record of a service; its changes are seen by ministack.

    Args:
        cluster: Name or ARN of the cluster.
        name: Name of the service.
    """
    service: Document = _ecs._services[f"{_ecs._resolve_cluster_name(cluster)}/{name}"]
    return service


def _request(properties: Document) -> Document:
    request = camel_case({key: value for key, value in properties.items() if key not in {"Tags", "Role"}})
    request.setdefault("cluster", "default")
    return request


def _create(logical_id: str, properties: Document, stack: str) -> Created:
    request = _request(properties)
    name = properties.get("ServiceName") or _ministack.provisioners()._physical_name(stack, logical_id, max_len=60)
    request = {**request, "serviceName": name, "tags": tags(properties)}
    made = _ministack.answer(_ecs._create_service(request), SERVICE)["service"]
    _wait_until_steady(str(request["cluster"]), str(name))
    return made["serviceArn"], {"ServiceArn": made["serviceArn"], "Name": name}


def _update(physical_id: str, old: Document, new: Document, stack: str, logical_id: str) -> Created:
    if old.get("Cluster") != new.get("Cluster") or old.get("ServiceName") != new.get("ServiceName"):
        return _create(logical_id, new, stack)
    before, after = _request(old), _request(new)
    changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    name, cluster = physical_id.rsplit("/", 1)[-1], str(after["cluster"])
    service = find(cluster, name)
    service.update({key: after.get(key) for key in _KEPT if key in changed})
    request = {key: after[key] for key in _CHANGED_IN_PLACE if key in changed and key in after}
    if "deploymentConfiguration" in changed:
        request.setdefault("deploymentConfiguration", {"maximumPercent": 200, "minimumHealthyPercent": 100})
    if changed & set(_NEED_NEW_TASKS):
        request["forceNewDeployment"] = True
    _ministack.answer(_ecs._update_service({**request, "cluster": cluster, "service": name}), SERVICE)
    _wait_until_steady(cluster, name)
    return physical_id, {"ServiceArn": physical_id, "Name": name}


def _delete(physical_id: str, properties: Document) -> None:
    cluster, name = str(properties.get("Cluster", "default")), physical_id.rsplit("/", 1)[-1]
    _ecs._delete_service({"cluster": cluster, "service": name, "force": True})
    end = time.monotonic() + _LONGEST_ROLLOUT
    while time.monotonic() < end and any(
        task.get("group") == f"service:{name}" and task["lastStatus"] != "STOPPED" for task in _ecs._tasks.values()
    ):
        time.sleep(0.1)


def _wait_until_steady(cluster: str, name: str) -> None:
    deployment_id = _task_states.primary_deployment(find(cluster, name))["id"]
    end = time.monotonic() + _LONGEST_ROLLOUT

    def is_steady() -> bool:
        if time.monotonic() > end:
            raise ValueError(f"service {name} is not steady after {_LONGEST_ROLLOUT:.0f} seconds")
        service = find(cluster, name)
        mine = next((each for each in service["deployments"] if each["id"] == deployment_id), None)
        if mine is None or mine["rolloutState"] == "FAILED":
            last = next((event["message"] for event in service["events"] if "stopped" in event["message"]), "")
            raise ValueError(f"Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'. {last}")
        alone = all(each is mine or each["rolloutState"] == "FAILED" for each in service["deployments"])
        rolled = mine["rolloutState"] == "COMPLETED" and service["runningCount"] >= service["desiredCount"]
        # A task that drains belongs to a deployment that has not ended.
        return bool(alone and rolled) and not any(
            task["desiredStatus"] == "STOPPED" for task in _task_states.tasks_of(service)
        )

    finish(is_steady)
