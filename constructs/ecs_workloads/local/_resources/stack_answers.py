"""Answers about a stack that come when its operation has ended: who asks need not ask again."""

from __future__ import annotations

import asyncio
import urllib.parse

from ecs_workloads.local import _ministack
from ecs_workloads.local._ministack import Document, Response

_cloudformation = _ministack.module("services.cloudformation")
_PAUSE = 0.1  # seconds
_LOOKS = 200  # which is 20 seconds; clients wait a minute for an answer


def hold() -> None:
    """Let ``DescribeStacks`` of a stack wait while something is done to it.

    The CDK command line asks only every five seconds, which a small stack does not take.
    """
    original = _cloudformation.handle_request

    async def handle_request(method: str, path: str, headers: Document, body: bytes, query: Document) -> Response:
        asked = dict(urllib.parse.parse_qsl(body.decode("utf-8", errors="replace")))
        if asked.get("Action") == "DescribeStacks" and "StackName" in asked:
            for _ in range(_LOOKS):
                if not _is_in_progress(asked["StackName"]):
                    break
                await asyncio.sleep(_PAUSE)
        answer: Response = await original(method, path, headers, body, query)
        return answer

    _ministack.replace(_cloudformation, "handle_request", handle_request)


def _is_in_progress(name: str) -> bool:
    return any(
        name in {stack["StackName"], stack["StackId"]}
        and stack["StackStatus"].endswith("_IN_PROGRESS")
        and stack["StackStatus"] != "REVIEW_IN_PROGRESS"  # a change set waits for its execution
        for stack in list(_cloudformation._stacks.values())
    )
