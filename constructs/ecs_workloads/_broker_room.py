"""What the queues of a broker take of the limits of ECS and IAM, where names are made at deployment."""

from __future__ import annotations

import json
from typing import cast

from aws_cdk import Stack
from aws_cdk import aws_ecs as ecs
from constructs import Construct

# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html
LARGEST_TASK_DEFINITION = 64 * 1024
# What aws_cdk takes an ARN for, which it does not know, when it splits the policies of a role at IAM's limits.
_ARN_SIZE = "@aws-cdk/aws-iam.arnSizeEstimate"
# An ARN of a secret, in the region and partition with the longest names, but for the logical id in its name.
_REST_OF_ARN = len("arn:aws-us-gov:secretsmanager:us-gov-west-1:111111111111:secret:-AbCdEfGhIjKl-AbCdEf")
_REGION = "ap-southeast-1"
# A logical id is what its path says, cut off, and a hash.
_LONGEST_PATH_IN_ID, _HASH_IN_ID = 240, 8


def size_of_arn(scope: Construct, below: str) -> int:
    """Return the most letters that the ARN of a secret has at the path ``below`` the scope."""
    path = scope.node.path.removeprefix(Stack.of(scope).node.path) + below
    letters = sum(letter.isalnum() for letter in path)
    return _REST_OF_ARN + min(letters, _LONGEST_PATH_IN_ID) + _HASH_IN_ID


def split_policies(broker: Construct, longest: str) -> None:
    """Let aws_cdk split the policies of the broker's roles by the ``longest`` path of a secret below it.

    aws_cdk takes an ARN for 150 letters, so that a policy of longer ones would be above the 10,240 that IAM takes.
    """
    broker.node.set_context(_ARN_SIZE, size_of_arn(broker, longest))


def size_of_task_definition(definition: ecs.TaskDefinition) -> int:
    """Return the most bytes that a task definition takes as a request to ECS, with what its containers have now."""
    made = cast("ecs.CfnTaskDefinition", definition.node.default_child)
    stack = Stack.of(definition)
    resolved = stack.resolve(
        [
            made.container_definitions,
            made.volumes,
            made.family,
            made.execution_role_arn,
            made.task_role_arn,
            _OTHER_PROPERTIES,
        ]
    )
    return size_of_json(_deployed(resolved, stack.stack_name))


def size_of_json(value: object) -> int:
    """Return the bytes of ``value`` in a request."""
    return len(json.dumps(value, separators=(",", ":")))


# Their names, and what is short.
_OTHER_PROPERTIES = {
    "containerDefinitions": "",
    "executionRoleArn": "",
    "family": "",
    "taskRoleArn": "",
    "volumes": "",
    "cpu": "16384",
    "memory": "122880",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
}


def _deployed(value: object, stack_name: str) -> object:
    """Return ``value`` with a text as long as it can be in place of each that is known at deployment alone."""
    if isinstance(value, list):
        return [_deployed(one, stack_name) for one in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    members = cast("dict[str, object]", value)
    [name] = members if len(members) == 1 else [""]
    if name == "Fn::Join":
        separator, parts = cast("tuple[str, list[object]]", members[name])
        return separator.join(str(_deployed(part, stack_name)) for part in parts)
    if members == {"Ref": "AWS::Region"}:
        return _REGION
    if name == "Ref" or name.startswith("Fn::"):
        # A name, or an ARN with it: of the stack, the logical id and twelve letters.
        return "x" * (_REST_OF_ARN + len(stack_name) + size_of_json(members[name]))
    return {key: _deployed(one, stack_name) for key, one in members.items()}
