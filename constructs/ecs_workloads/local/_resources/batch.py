"""Compute environments, queues and job definitions of AWS Batch. They are records: no job is run by them."""

from __future__ import annotations

from ecs_workloads.local import _ministack
from ecs_workloads.local._ministack import Document, Response
from ecs_workloads.local._resources._resource_type import Created, ResourceType
from ecs_workloads.local._resources.camel_case import camel_case

_batch = _ministack.module("services.batch")
_responses = _ministack.module("core.responses")


def types() -> list[ResourceType]:
    """Return the types of this module, and make the API of Batch refuse jobs: ministack says at once that they ran."""
    _ministack.replace(_batch, "_submit_job", _refuse_job)
    return [
        ResourceType(
            name="AWS::Batch::ComputeEnvironment",
            create=_create_environment,
            update=_update_environment,
            delete=_delete_environment,
        ),
        ResourceType(name="AWS::Batch::JobQueue", create=_create_queue, update=_update_queue, delete=_delete_queue),
        ResourceType(
            name="AWS::Batch::JobDefinition",
            create=_create_definition,
            update=_update_definition,
            delete=_delete_definition,
        ),
    ]


def _refuse_job(request: Document) -> Response:
    message = f"the local target keeps AWS Batch as records and runs no job; {request.get('jobName')} was not submitted"
    refused: Response = _responses.error_response_json("ClientException", message, 400)
    return refused


def _request(properties: Document) -> Document:
    tags = _ministack.nested(properties, "Tags")
    return {**camel_case({key: value for key, value in properties.items() if key != "Tags"}), "tags": tags}


def _name(stack: str, logical_id: str) -> str:
    return str(_ministack.provisioners()._physical_name(stack, logical_id, max_len=128))


def _last(arn: str) -> str:
    # arn:aws:batch:region:account:kind/name
    return arn.rsplit("/", 1)[-1]


def _create_environment(logical_id: str, properties: Document, stack: str) -> Created:
    request = {"computeEnvironmentName": _name(stack, logical_id), **_request(properties)}
    made = _ministack.answer(_batch._create_compute_environment(request), "AWS::Batch::ComputeEnvironment")
    arn = made["computeEnvironmentArn"]
    return arn, {"ComputeEnvironmentArn": arn}


def _update_environment(physical_id: str, old: Document, new: Document, stack: str, logical_id: str) -> Created:
    if any(old.get(name) != new.get(name) for name in ("ComputeEnvironmentName", "Type")):
        if "ComputeEnvironmentName" not in new:
            _delete_environment(physical_id, old)
        return _create_environment(logical_id, new, stack)
    _batch._compute_envs[_last(physical_id)].update(_request(new))
    return physical_id, {"ComputeEnvironmentArn": physical_id}


def _delete_environment(physical_id: str, _properties: Document) -> None:
    used = [
        queue["jobQueueName"]
        for queue in _batch._job_queues.values()
        if physical_id in {each["computeEnvironment"] for each in queue["computeEnvironmentOrder"]}
    ]
    if used:
        raise ValueError(f"Cannot delete, found existing JobQueue relationship: {', '.join(used)}")
    _batch._compute_envs.pop(_last(physical_id), None)


def _create_queue(logical_id: str, properties: Document, stack: str) -> Created:
    request = {"jobQueueName": _name(stack, logical_id), **_request(properties)}
    made = _ministack.answer(_batch._create_job_queue(request), "AWS::Batch::JobQueue")
    _batch._job_queues[made["jobQueueName"]].update(request)
    return made["jobQueueArn"], {"JobQueueArn": made["jobQueueArn"]}


def _update_queue(physical_id: str, old: Document, new: Document, stack: str, logical_id: str) -> Created:
    if old.get("JobQueueName") != new.get("JobQueueName"):
        return _create_queue(logical_id, new, stack)
    _batch._job_queues[_last(physical_id)].update(_request(new))
    return physical_id, {"JobQueueArn": physical_id}


def _delete_queue(physical_id: str, _properties: Document) -> None:
    _batch._job_queues.pop(_last(physical_id), None)


def _create_definition(logical_id: str, properties: Document, stack: str) -> Created:
    request = {"jobDefinitionName": _name(stack, logical_id), **_request(properties)}
    made = _ministack.answer(_batch._register_job_definition(request), "AWS::Batch::JobDefinition")
    # It keeps the properties of the container alone.
    _batch._job_definitions[made["jobDefinitionName"]][-1].update(request)
    return made["jobDefinitionArn"], {"JobDefinitionArn": made["jobDefinitionArn"]}


def _update_definition(_physical_id: str, _old: Document, new: Document, stack: str, logical_id: str) -> Created:
    return _create_definition(logical_id, new, stack)  # the next revision


def _delete_definition(physical_id: str, _properties: Document) -> None:
    for revisions in _batch._job_definitions.values():
        for revision in revisions:
            if revision["jobDefinitionArn"] == physical_id:
                revision["status"] = "INACTIVE"
