"""Pipelines of CodePipeline, for CloudFormation and for who reads them by the API. No pipeline runs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, MutableMapping

from ecs_workloads.local import _ministack
from ecs_workloads.local._ministack import Document, Response
from ecs_workloads.local._resources._resource_type import Created, ResourceType
from ecs_workloads.local._resources.camel_case import camel_case

_responses = _ministack.module("core.responses")
_pipelines: MutableMapping[str, Document] = _responses.AccountRegionScopedDict()


def types() -> list[ResourceType]:
    """Return the types of this module, and serve the API."""
    app, router = _ministack.module("app"), _ministack.module("core.router")
    router.SERVICE_PATTERNS["codepipeline"] = {
        "target_prefixes": ["CodePipeline_20150709"],
        "host_patterns": [r"codepipeline\."],
    }
    app.SERVICE_HANDLERS["codepipeline"] = _handle
    return [ResourceType(name="AWS::CodePipeline::Pipeline", create=_create, update=_update, delete=_delete)]


def _declaration(name: str, properties: Document) -> Document:
    declared = {key: value for key, value in properties.items() if key not in {"Tags", "RestartExecutionOnUpdate"}}
    pipeline = camel_case(declared)
    for stage in _ministack.listed(pipeline, "stages"):
        for action in _ministack.listed(stage, "actions"):
            # Its keys are words of the action's provider.
            action["configuration"] = _configuration(properties, stage["name"], action["name"])
    return {**pipeline, "name": name}


def _configuration(properties: Document, stage: str, action: str) -> Document:
    for each in properties["Stages"]:
        for one in each["Actions"]:
            if (each["Name"], one["Name"]) == (stage, action):
                return _ministack.nested(one, "Configuration")
    return {}


def _create(logical_id: str, properties: Document, stack: str) -> Created:
    name = str(properties.get("Name") or _ministack.provisioners()._physical_name(stack, logical_id, max_len=100))
    if name in _pipelines:
        raise ValueError(f"A pipeline with the name '{name}' already exists in account")
    if len(properties.get("Stages", [])) < 2:  # noqa: PLR2004 - as AWS says
        raise ValueError(f"Pipeline {name} should have at least 2 stages")
    _keep(name, properties, version=1, created=time.time())
    return name, {"Version": "1"}


def _keep(name: str, properties: Document, *, version: int, created: float) -> None:
    region, account = _responses.get_region(), _responses.get_account_id()
    _pipelines[name] = {
        "pipeline": {**_declaration(name, properties), "version": version},
        "metadata": {
            "pipelineArn": f"arn:aws:codepipeline:{region}:{account}:{name}",
            "created": created,
            "updated": time.time(),
        },
    }


def _update(physical_id: str, old: Document, new: Document, stack: str, logical_id: str) -> Created:
    if old.get("Name") != new.get("Name"):
        return _create(logical_id, new, stack)
    kept = _pipelines[physical_id]
    version = int(kept["pipeline"]["version"]) + 1
    _keep(physical_id, new, version=version, created=float(kept["metadata"]["created"]))
    return physical_id, {"Version": str(version)}


def _delete(physical_id: str, _properties: Document) -> None:
    _pipelines.pop(physical_id, None)


def _find(request: Document) -> Document:
    if request["name"] not in _pipelines:
        raise ValueError(
            f"Account '{_responses.get_account_id()}' does not have a pipeline with name '{request['name']}'"
        )
    return _pipelines[request["name"]]


def _state(request: Document) -> Document:
    pipeline = _find(request)["pipeline"]
    stages: list[Document] = [{"stageName": stage["name"], "actionStates": []} for stage in pipeline["stages"]]
    return {"pipelineName": pipeline["name"], "pipelineVersion": pipeline["version"], "stageStates": stages}


def _list(_request: Document) -> Document:
    names = ("name", "version", "pipelineType", "executionMode")
    return {
        "pipelines": [
            {name: each["pipeline"][name] for name in names if name in each["pipeline"]} for each in _pipelines.values()
        ]
    }


_ACTIONS: dict[str, Callable[[Document], Document]] = {
    "GetPipeline": _find,
    "GetPipelineState": _state,
    "ListPipelines": _list,
    "ListPipelineExecutions": lambda _request: {"pipelineExecutionSummaries": []},
}


async def _handle(_method: str, _path: str, headers: dict[str, str], body: bytes, _query: Document) -> Response:
    action = headers.get("x-amz-target", "").rsplit(".", 1)[-1]
    answered: Response
    if action not in _ACTIONS:
        refusal = f"the local target answers {', '.join(_ACTIONS)}, not {action}: no pipeline runs here"
        answered = _responses.error_response_json("UnknownOperationException", refusal, 400)
        return answered
    try:
        answered = _responses.json_response(_ACTIONS[action](json.loads(body or b"{}")))
    except ValueError as error:
        answered = _responses.error_response_json("PipelineNotFoundException", str(error), 400)
    return answered
