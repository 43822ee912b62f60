"""Schedules with all that the template says, and schedules and rules that run tasks of ECS; ministack runs none."""

from __future__ import annotations

import json
import logging

from ecs_workloads.local import _ministack
from ecs_workloads.local._ministack import Document
from ecs_workloads.local._resources._resource_type import Created, ResourceType
from ecs_workloads.local._resources.camel_case import camel_case

_scheduler = _ministack.module("services.scheduler")
_ecs = _ministack.module("services.ecs")
_events = _ministack.module("services.eventbridge")
_log = logging.getLogger("ecs_workloads.local")


def run_tasks() -> None:
    """Make EventBridge and its Scheduler run the tasks that they aim at."""
    original = _events._invoke_target

    def invoke_target(target: Document, event: Document, rule: Document, view: object = None) -> None:
        if ":ecs:" in str(target.get("Arn", "")):
            _run(target)
        else:
            original(target, event, rule, view)

    _ministack.replace(_events, "_invoke_target", invoke_target)


def types() -> list[ResourceType]:
    """Return the types of this module."""
    return [ResourceType(name="AWS::Scheduler::Schedule", create=_create, update=_update, delete=_delete)]


def _request(properties: Document) -> Document:
    """Return what the template says as the API has it: it begins some of its words with a small letter."""
    target = dict(properties["Target"])
    if "EcsParameters" in target:
        parameters = dict(target["EcsParameters"])
        for name in ("NetworkConfiguration", "CapacityProviderStrategy", "PlacementConstraints", "PlacementStrategy"):
            if name in parameters:
                parameters[name] = camel_case({name: parameters[name]})[name[0].lower() + name[1:]]
        target["EcsParameters"] = parameters
    return {**properties, "Target": target}


def _create(logical_id: str, properties: Document, stack: str) -> Created:
    name = str(properties.get("Name") or _ministack.provisioners()._physical_name(stack, logical_id, max_len=64))
    made = _ministack.answer(_scheduler._create_schedule(name, _request(properties)), "AWS::Scheduler::Schedule")
    return name, {"Arn": made["ScheduleArn"]}


def _update(physical_id: str, old: Document, new: Document, stack: str, logical_id: str) -> Created:
    if any(old.get(name) != new.get(name) for name in ("Name", "GroupName")):
        return _create(logical_id, new, stack)
    made = _ministack.answer(_scheduler._update_schedule(physical_id, _request(new)), "AWS::Scheduler::Schedule")
    return physical_id, {"Arn": made["ScheduleArn"]}


def _delete(physical_id: str, properties: Document) -> None:
    _scheduler._delete_schedule(physical_id, {"groupName": properties.get("GroupName", "default")})


def _run(target: Document) -> None:
    # The Scheduler spells its parameters in both ways, by where they came from.
    parameters = camel_case(_ministack.nested(target, "EcsParameters"))
    request = {
        "cluster": target["Arn"],
        "taskDefinition": parameters["taskDefinitionArn"],
        "count": int(parameters.get("taskCount") or 1),
        "startedBy": "events",
        "networkConfiguration": _ministack.nested(parameters, "networkConfiguration"),
        "overrides": json.loads(target.get("Input") or "{}"),
    }
    for choice in ("launchType", "capacityProviderStrategy", "platformVersion", "group", "enableExecuteCommand"):
        if choice in parameters:
            request[choice] = parameters[choice]
    try:
        _ministack.answer(_ecs._run_task(request), "RunTask")
    except ValueError:
        _log.exception("a schedule could not run its task")
