"""What a target says about itself to ``ecs-workloads local``, as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ecs_workloads.local import _ministack, _one_off_tasks, _resources, _service_connect, _task_states
from ecs_workloads.local._entries import Entries
from ecs_workloads.local._log_tail import LogTail
from ecs_workloads.local._ministack import Document
from ecs_workloads.local._mode import Mode
from ecs_workloads.local._target_groups import TargetGroups

_alb = _ministack.module("services.alb")
_ecs = _ministack.module("services.ecs")
_cloudformation = _ministack.module("services.cloudformation")
_responses = _ministack.module("core.responses")


@dataclass(frozen=True, kw_only=True)
class Reports:
    """The questions that a target answers besides the APIs of AWS.

    Args:
        mode: How its tasks run.
        entries: Its load balancers.
        targets: Its target groups.
        tail: What its tasks wrote.
    """

    mode: Mode
    entries: Entries
    targets: TargetGroups
    tail: LogTail

    def answer(self, question: str, query: Mapping[str, str]) -> object:
        """Return the answer; ``None`` to a question that there is not.

        Raises:
            ValueError: What was asked for does not exist.
        """
        answers: dict[str, Callable[[], object]] = {
            "entries": self.entries.describe,
            "types": lambda: sorted(_resources.supported()),
            "services": self._services,
            "stacks": self._stacks,
            "families": _one_off_tasks.families,
            "run-task": lambda: _one_off_tasks.run(query["family"]),
            "task": lambda: _one_off_tasks.state(query["id"]),
            "logs": lambda: self.tail.after(int(query["after"]), group=query["group"]),
        }
        return answers[question]() if question in answers else None

    def _services(self) -> list[Document]:
        found: list[Document] = []
        for (account, region, _), service in sorted(_ecs._services.all_items(), key=lambda item: item[0]):
            if service["status"] == "ACTIVE":
                with _responses.request_scope(account, region):
                    found.append(self._service(service))
        return found

    def _service(self, service: Document) -> Document:
        tasks = _task_states.tasks_of(service)
        healthy = [task for task in tasks if task["lastStatus"] == "RUNNING" and task.get("_startup_stable")]
        return {
            "name": service["serviceName"],
            "cluster": _ecs._cluster_name_from_arn(service["clusterArn"]),
            "desired": int(service["desiredCount"]),
            "running": int(service["runningCount"]),
            "healthy": None if self.mode is Mode.SIMULATED else len(healthy),
            "rollout": _task_states.primary_deployment(service)["rolloutState"],
            "addresses": self._addresses(service),
            "event": next((event["message"] for event in service["events"]), ""),
            "tasks": [
                {
                    "id": str(task["taskArn"]).rsplit("/", 1)[-1],
                    "status": task["lastStatus"],
                    "health": task["healthStatus"],
                    "address": _task_states.address(task),
                }
                for task in tasks
            ],
        }

    def _addresses(self, service: Document) -> list[str]:
        groups = {str(each.get("targetGroupArn")) for each in _ministack.listed(service, "loadBalancers")}
        serving = {
            str(rule["ListenerArn"])
            for rule in [*_alb._rules.values(), *_alb._listeners.values()]
            if groups & _forwards(rule.get("Actions") or _ministack.listed(rule, "DefaultActions"))
        }
        found = [str(entry["address"]) for entry in self.entries.describe() if entry["listenerArn"] in serving]
        return [*found, *(f"{each.name}:{each.port}" for each in _service_connect.names_of(service))]

    def _stacks(self) -> list[Document]:
        return [
            {
                "name": stack["StackName"],
                "status": stack["StackStatus"],
                "reason": _reason(stack["StackId"]),
                "resources": len(_ministack.nested(stack, "_resources")),
            }
            for _, stack in _cloudformation._stacks.all_items()
        ]


def _forwards(actions: list[Document]) -> set[str]:
    found = {str(action.get("TargetGroupArn")) for action in actions}
    for action in actions:
        for group in _ministack.listed(_ministack.nested(action, "ForwardConfig"), "TargetGroups"):
            found.add(str(group.get("TargetGroupArn")))
    return found


def _reason(stack_id: str) -> str:
    """Return why the first resource of a stack failed, in its last operation; empty when none did."""
    all_events = _cloudformation._stack_events.all_items()
    events: list[Document] = []
    for (_, _, key), found in all_events:
        events = found if key == stack_id else events
    reason = ""
    for event in events:
        status, said = str(event["ResourceStatus"]), str(event.get("ResourceStatusReason", ""))
        if event["ResourceType"] == "AWS::CloudFormation::Stack" and status in {
            "CREATE_IN_PROGRESS",
            "UPDATE_IN_PROGRESS",
        }:
            reason = ""
        elif status.endswith("_FAILED") and not reason and "cancelled" not in said:
            reason = f"{event['LogicalResourceId']} ({event['ResourceType']}): {said}"
    return reason
