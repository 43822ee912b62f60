"""Repositories that say so when an image is not there: the CDK command line builds it only then."""

from __future__ import annotations

import json

from ecs_workloads.local import _ministack
from ecs_workloads.local._ministack import Document, Response


def refuse_unknown_images() -> None:
    """Make ``ecr:DescribeImages`` fail for a tag that does not exist, as AWS does."""
    ecr = _ministack.module("services.ecr")
    responses = _ministack.module("core.responses")
    original = ecr._describe_images

    def describe_images(data: Document) -> Response:
        response: Response = original(data)
        wanted = data.get("imageIds")
        if response[0] != 200 or not wanted or json.loads(response[2])["imageDetails"]:  # noqa: PLR2004 - HTTP's OK
            return response
        message = (
            f"The image with imageId {wanted[0]} does not exist within the repository with name "
            f"'{data.get('repositoryName')}' in the registry with id '{responses.get_account_id()}'"
        )
        refused: Response = responses.error_response_json("ImageNotFoundException", message, 400)
        return refused

    _ministack.replace(ecr, "_describe_images", describe_images)
