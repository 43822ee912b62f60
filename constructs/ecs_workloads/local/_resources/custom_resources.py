"""Custom resources: a function that fails fails them at once, and two of the CDK's own need no function.

The functions of the CDK bundle no SDK of AWS, and nothing here has one for Node.
"""

from __future__ import annotations

import os
from typing import Any, cast

import botocore.session

from ecs_workloads.local import _ministack
from ecs_workloads.local._ministack import Document
from ecs_workloads.local._resources._resource_type import Created, ResourceType

_lambda = _ministack.module("services.lambda_svc")
_custom = _ministack.module("services.cloudformation.custom_resource")
_responses = _ministack.module("core.responses")
_AT_ONCE = 1000  # objects, the most that S3 deletes by one call


def types() -> list[ResourceType]:
    """Return the types of this module, and let no stack wait for a function that has failed."""
    execute = _lambda._execute_function_with_config_scope

    def execute_and_say(function: Document, event: Document) -> Document:
        result: Document = execute(function, event)
        if result.get("error") and "ResponseURL" in event:
            body: object = result.get("body")
            said = cast("Document", body).get("errorMessage", body) if isinstance(body, dict) else body
            token = str(event["ResponseURL"]).rsplit("/", 1)[-1]
            _custom.deliver_response(token, {"Status": "FAILED", "Reason": f"its function failed: {said}"})
        return result

    _ministack.replace(_lambda, "_execute_function_with_config_scope", execute_and_say)
    return [
        ResourceType(name="Custom::S3AutoDeleteObjects", create=_create, update=_update_bucket, delete=_empty),
        ResourceType(name="Custom::VpcRestrictDefaultSG", create=_close, update=_update_group, delete=_open),
    ]


def _client(service: str) -> Any:  # noqa: ANN401 - its clients are made at run time
    return botocore.session.get_session().create_client(
        service,
        endpoint_url=f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
        region_name=_responses.get_region(),
        aws_access_key_id=_responses.get_account_id(),
        aws_secret_access_key="local",  # noqa: S106 - any will do
    )


def _create(logical_id: str, _properties: Document, _stack: str) -> Created:
    return logical_id, {}


def _update_bucket(physical_id: str, old: Document, new: Document, _stack: str, _logical_id: str) -> Created:
    if old["BucketName"] != new["BucketName"]:
        _empty(physical_id, old)
    return physical_id, {}


def _empty(_physical_id: str, properties: Document) -> None:
    bucket, s3 = str(properties["BucketName"]), _client("s3")
    try:
        pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
        found = [each for page in pages for kind in ("Versions", "DeleteMarkers") for each in page.get(kind, [])]
    except s3.exceptions.NoSuchBucket:
        return
    objects = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
    for first in range(0, len(objects), _AT_ONCE):
        s3.delete_objects(Bucket=bucket, Delete={"Objects": objects[first : first + _AT_ONCE], "Quiet": True})


def _rules(properties: Document) -> tuple[Document, Document]:
    """Return the two rules of a default security group as it is made: all of its own, and all to everywhere."""
    group = properties["DefaultSecurityGroupId"]
    own = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group, "UserId": properties["Account"]}]}
    everywhere = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    return {"GroupId": group, "IpPermissions": [own]}, {"GroupId": group, "IpPermissions": [everywhere]}


def _close(logical_id: str, properties: Document, _stack: str) -> Created:
    ec2, (inward, outward) = _client("ec2"), _rules(properties)
    ec2.revoke_security_group_ingress(**inward)
    ec2.revoke_security_group_egress(**outward)
    return logical_id, {}


def _update_group(physical_id: str, old: Document, new: Document, stack: str, logical_id: str) -> Created:
    if old["DefaultSecurityGroupId"] == new["DefaultSecurityGroupId"]:
        return physical_id, {}
    _open(physical_id, old)
    return _close(logical_id, new, stack)


def _open(_physical_id: str, properties: Document) -> None:
    ec2, (inward, outward) = _client("ec2"), _rules(properties)
    ec2.authorize_security_group_ingress(**inward)
    ec2.authorize_security_group_egress(**outward)
