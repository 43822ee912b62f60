"""Tasks that are run once, by hand."""

from __future__ import annotations

from ecs_workloads.local import _ministack
from ecs_workloads.local._ministack import Document

_ecs = _ministack.module("services.ecs")
_responses = _ministack.module("core.responses")


def families() -> list[str]:
    """Return the families of all task definitions that can be run."""
    return sorted({str(each["family"]) for _, each in _ecs._task_defs.all_items() if each["status"] == "ACTIVE"})


def run(family: str) -> Document:
    """Run the newest task definition of a family in the first cluster of its region.

    Raises:
        ValueError: There is no such family, or no cluster.
    """
    found = [
        (each["revision"], account, region, each["taskDefinitionArn"])
        for (account, region, _), each in _ecs._task_defs.all_items()
        if each["family"] == family and each["status"] == "ACTIVE"
    ]
    if not found:
        raise ValueError(f"there is no task definition {family}")
    _, account, region, definition = max(found)
    with _responses.request_scope(account, region):
        cluster = next(iter(_ecs._clusters.keys()), None)
        if cluster is None:
            raise ValueError(f"there is no cluster in {region}")
        request = {
            "cluster": cluster,
            "taskDefinition": definition,
            "launchType": "FARGATE",
            "startedBy": "ecs-workloads",
        }
        task: Document = _ministack.answer(_ecs._run_task(request), "RunTask")["tasks"][0]
    return {"id": str(task["taskArn"]).rsplit("/", 1)[-1]}


def state(task_id: str) -> Document:
    """Return the state of a task: its status, why it stopped, and the exit code of each container.

    Raises:
        ValueError: There is no such task.
    """
    for _, task in _ecs._tasks.all_items():
        if str(task["taskArn"]).endswith(f"/{task_id}"):
            codes = {each["name"]: each.get("exitCode") for each in task["containers"]}
            return {
                "status": task["lastStatus"],
                "reason": task["stoppedReason"],
                "exitCodes": codes,
                "group": task["group"],
            }
    raise ValueError(f"there is no task {task_id}")
