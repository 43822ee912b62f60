"""Schedules and rules that run tasks of ECS, which ministack accepts and then leaves."""

from __future__ import annotations

import json
import logging

from ecs_workloads.local import _ministack
from ecs_workloads.local._ministack import Document
from ecs_workloads.local._resources.camel_case import camel_case

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
