"""Application Auto Scaling, for CloudFormation and for who reads it by the API. No policy moves a count."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, MutableMapping

from ecs_workloads.local import _ministack
from ecs_workloads.local._ministack import Document, Response
from ecs_workloads.local._resources._resource_type import Created, ResourceType
from ecs_workloads.local._resources.services import find

_ecs = _ministack.module("services.ecs")
_responses = _ministack.module("core.responses")
_SERVICE_DIMENSION = "ecs:service:DesiredCount"
_NOT_SUSPENDED = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}

_targets: MutableMapping[str, Document] = _responses.AccountRegionScopedDict()
_policies: MutableMapping[str, Document] = _responses.AccountRegionScopedDict()


def types() -> list[ResourceType]:
    """Return the types of this module, and serve the API."""
    app, router = _ministack.module("app"), _ministack.module("core.router")
    router.SERVICE_PATTERNS["application-autoscaling"] = {
        "target_prefixes": ["AnyScaleFrontendService"],
        "host_patterns": [r"application-autoscaling\."],
    }
    app.SERVICE_HANDLERS["application-autoscaling"] = _handle
    return [
        ResourceType(
            name="AWS::ApplicationAutoScaling::ScalableTarget",
            create=_create_target,
            update=_update_target,
            delete=_delete_target,
        ),
        ResourceType(
            name="AWS::ApplicationAutoScaling::ScalingPolicy",
            create=_create_policy,
            update=_update_policy,
            delete=_delete_policy,
        ),
    ]


def _key(properties: Document) -> str:
    return f"{properties['ResourceId']}|{properties['ScalableDimension']}|{properties['ServiceNamespace']}"


def _arn(kind: str, rest: str) -> str:
    region, account = _responses.get_region(), _responses.get_account_id()
    return f"arn:aws:application-autoscaling:{region}:{account}:{kind}/{rest}"


def _move_into_bounds(target: Document) -> None:
    """Do at once what AWS does when a target is registered."""
    if target["ScalableDimension"] != _SERVICE_DIMENSION:
        return
    _, cluster, name = str(target["ResourceId"]).split("/")
    count = int(find(cluster, name)["desiredCount"])
    wanted = min(max(count, int(target["MinCapacity"])), int(target["MaxCapacity"]))
    if wanted != count:
        request = {"cluster": cluster, "service": name, "desiredCount": wanted}
        _ministack.answer(_ecs._update_service(request), "AWS::ApplicationAutoScaling::ScalableTarget")


def _create_target(_logical_id: str, properties: Document, _stack: str) -> Created:
    key = _key(properties)
    target = {
        "ScalableTargetARN": _arn("scalable-target", uuid.uuid4().hex[:16]),
        "CreationTime": time.time(),
        "SuspendedState": _NOT_SUSPENDED,
        **{name: value for name, value in properties.items() if name not in {"ScheduledActions", "Tags"}},
        "MinCapacity": int(properties["MinCapacity"]),
        "MaxCapacity": int(properties["MaxCapacity"]),
        "_ScheduledActions": properties.get("ScheduledActions", []),
    }
    _move_into_bounds(target)
    _targets[key] = target
    return key, {"Id": key}


def _update_target(_physical_id: str, _old: Document, new: Document, stack: str, logical_id: str) -> Created:
    return _create_target(logical_id, new, stack)


def _delete_target(physical_id: str, _properties: Document) -> None:
    _targets.pop(physical_id, None)


def _create_policy(_logical_id: str, properties: Document, _stack: str) -> Created:
    policy = dict(properties)
    if "ScalingTargetId" in policy:
        names = ("ResourceId", "ScalableDimension", "ServiceNamespace")
        policy.update(zip(names, str(policy.pop("ScalingTargetId")).split("|"), strict=True))
    key = _key(policy)
    if key not in _targets:
        raise ValueError(f"no scalable target is registered for {policy['ResourceId']}")
    arn = _arn("scaling-policy", f"{key}/{policy['PolicyName']}")
    _policies[arn] = {**policy, "PolicyARN": arn, "CreationTime": time.time(), "Alarms": []}
    return arn, {"Arn": arn}


def _update_policy(physical_id: str, _old: Document, new: Document, stack: str, logical_id: str) -> Created:
    _policies.pop(physical_id, None)
    return _create_policy(logical_id, new, stack)


def _delete_policy(physical_id: str, _properties: Document) -> None:
    _policies.pop(physical_id, None)


def _listed(store: MutableMapping[str, Document], request: Document) -> list[Document]:
    wanted = request.get("ResourceIds") or ([request["ResourceId"]] if "ResourceId" in request else None)
    return [
        {key: value for key, value in each.items() if not key.startswith("_")}
        for each in store.values()
        if each["ServiceNamespace"] == request["ServiceNamespace"]
        and (wanted is None or each["ResourceId"] in wanted)
        and request.get("ScalableDimension") in {None, each["ScalableDimension"]}
    ]


_ACTIONS: dict[str, Callable[[Document], Document]] = {
    "DescribeScalableTargets": lambda request: {"ScalableTargets": _listed(_targets, request)},
    "DescribeScalingPolicies": lambda request: {"ScalingPolicies": _listed(_policies, request)},
    "DescribeScalingActivities": lambda _request: {"ScalingActivities": []},
}


async def _handle(_method: str, _path: str, headers: dict[str, str], body: bytes, _query: Document) -> Response:
    action = headers.get("x-amz-target", "").rsplit(".", 1)[-1]
    if action not in _ACTIONS:
        refusal = f"the local target answers {', '.join(_ACTIONS)}, not {action}"
        refused: Response = _responses.error_response_json("UnknownOperationException", refusal, 400)
        return refused
    answered: Response = _responses.json_response(_ACTIONS[action](json.loads(body or b"{}")))
    return answered
