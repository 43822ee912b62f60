"""Which properties CloudFormation can only set when it makes a resource, from its own schemas."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from ecs_workloads.testing import _cfn_lint
from ecs_workloads.testing._json import Json, is_function

_EVERY = "*"
# Properties of what our constructs make or what keeps data, of which the schemas say nothing, and the documentation
# that a change of them replaces: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
# A test compares them with what the CDK CLI takes from those pages.
_DOCUMENTED: dict[str, Sequence[str]] = {
    "AWS::CertificateManager::Certificate": ["ValidationMethod"],
    "AWS::EC2::EIP": ["Domain"],
    "AWS::ECS::Service": ["DeploymentController"],
    "AWS::ElastiCache::CacheCluster": ["AZMode", "NumCacheNodes", "PreferredAvailabilityZone"],
    "AWS::ElastiCache::ReplicationGroup": ["Engine", "NumNodeGroups", "ReplicasPerNodeGroup"],
    "AWS::FSx::FileSystem": ["FileSystemTypeVersion"],
    "AWS::RDS::DBCluster": ["WithExpressConfiguration"],
    "AWS::RDS::DBInstance": ["Port", "StorageType"],
    "AWS::Route53::RecordSet": ["Name"],
    "AWS::S3::Bucket": ["ObjectLockEnabled"],
}


@dataclass(frozen=True)
class PropertyPath:
    """Where a property is, such as ``EncryptionConfiguration/KmsKey``; ``*`` stands for every entry of a list."""

    keys: tuple[str, ...]

    def __str__(self) -> str:
        return "/".join(self.keys)

    def within(self, other: PropertyPath) -> bool:
        """Tell whether the property is a part of ``other``."""
        return self.keys[: len(other.keys)] == other.keys

    def value(self, properties: Json) -> Json:
        """Return what ``properties`` have there, ``None`` for nothing; where a function is in the way, the function."""
        return _value(properties, self.keys)


@dataclass(frozen=True, kw_only=True)
class CreateOnly:
    """The create-only properties of one type of resource.

    Args:
        always: Those whose change replaces the resource.
        sometimes: Those whose change may replace the resource; CloudFormation knows when it updates.
    """

    always: Sequence[PropertyPath]
    sometimes: Sequence[PropertyPath]


@functools.cache
def create_only(resource_type: str) -> CreateOnly | None:
    """Return the create-only properties of a type, or ``None`` for a type without a schema."""
    schema = _cfn_lint.schema(resource_type)
    if schema is None:
        return None
    return CreateOnly(
        always=_paths(schema.get("createOnlyProperties")),
        sometimes=[
            *_paths(schema.get("conditionalCreateOnlyProperties")),
            *(PropertyPath((name,)) for name in _DOCUMENTED.get(resource_type, ())),
        ],
    )


def properties(resource_type: str) -> Sequence[str]:
    """Return the names of all properties of a type; none for a type without a schema."""
    schema = _cfn_lint.schema(resource_type) or {}
    found = schema.get("properties")
    return list(found) if isinstance(found, dict) else []


def similar_type(resource_type: str) -> str:
    """Return `` (did you mean 'X'?)`` for a type that looks like a known one, else nothing."""
    from ecs_workloads._checks import suggestion  # noqa: PLC0415 - it imports aws_cdk

    return suggestion(resource_type, _cfn_lint.types())


def _paths(found: Json) -> list[PropertyPath]:
    if not isinstance(found, list):
        return []
    keys = [tuple(one.removeprefix("/properties/").split("/")) for one in found if isinstance(one, str)]
    return [PropertyPath(one) for one in sorted(keys)]


def _value(value: Json, keys: Sequence[str]) -> Json:
    if not keys or is_function(value):
        return value
    if isinstance(value, list) and keys[0] == _EVERY:
        return [_value(one, keys[1:]) for one in value]
    if isinstance(value, dict):
        return _value(value.get(keys[0]), keys[1:])
    return None
