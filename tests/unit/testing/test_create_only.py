"""Every create-only property of every type that we make is told, and no other one."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator, Sequence

import pytest

from ecs_workloads.testing import Replacement, replacements
from ecs_workloads.testing._create_only import PropertyPath, create_only, properties
from ecs_workloads.testing._json import Json
from tests.stacks.assemblies import ROOT
from tests.unit.testing.resource_types import TYPES


def _paths(kind: str, *, always: bool) -> Sequence[PropertyPath]:
    schema = create_only(kind)
    assert schema is not None, kind
    return schema.always if always else schema.sometimes


ALWAYS = [(kind, path) for kind in TYPES for path in _paths(kind, always=True)]
SOMETIMES = [(kind, path) for kind in TYPES for path in _paths(kind, always=False)]


def nested(keys: Sequence[str], value: Json) -> Json:
    """Return ``value`` at the end of a way of objects and lists."""
    if not keys:
        return value
    return [nested(keys[1:], value)] if keys[0] == "*" else {keys[0]: nested(keys[1:], value)}


def flipped(kind: str, keys: Sequence[str]) -> list[Replacement]:
    """Return what is replaced when one property of a resource changes."""
    old, new = (
        {"Resources": {"One": {"Type": kind, "Properties": nested(keys, value)}}} for value in ("before", "after")
    )
    return replacements(old, new)


def test_the_types_are_many() -> None:
    assert len(TYPES) >= 50
    assert len({kind for kind, _ in ALWAYS}) >= 40


@pytest.mark.parametrize(("kind", "path"), ALWAYS, ids=[f"{kind}/{path}" for kind, path in ALWAYS])
def test_a_changed_create_only_property_replaces(kind: str, path: PropertyPath) -> None:
    [found] = flipped(kind, path.keys)

    assert (found.logical_id, found.outcome) == ("One", "replaced")
    told = found.reasons[0].split(" ")[0]
    assert path.within(PropertyPath(tuple(told.split("/"))))


@pytest.mark.parametrize(("kind", "path"), SOMETIMES, ids=[f"{kind}/{path}" for kind, path in SOMETIMES])
def test_a_property_that_is_create_only_in_some_cases_may_replace(kind: str, path: PropertyPath) -> None:
    [found] = flipped(kind, path.keys)

    assert found.outcome == "may be replaced"
    assert found.reasons == [f"{path} is create-only in some cases and changes from before to after"]


@pytest.mark.parametrize("kind", TYPES)
def test_no_other_property_replaces(kind: str) -> None:
    parts = {path.keys[0] for path in (*_paths(kind, always=True), *_paths(kind, always=False))}
    for name in properties(kind):
        if name not in parts:
            assert flipped(kind, [name]) == [], name


def test_a_part_beside_a_create_only_part_may_change() -> None:
    kind = "AWS::Batch::ComputeEnvironment"
    assert flipped(kind, ["ComputeResources", "SpotIamFleetRole"])
    assert not flipped(kind, ["ComputeResources", "MaxvCpus"])


def test_a_part_of_every_entry_of_a_list_counts() -> None:
    kind = "AWS::SSMQuickSetup::ConfigurationManager"
    assert flipped(kind, ["ConfigurationDefinitions", "*", "Type"])
    assert not flipped(kind, ["ConfigurationDefinitions", "*", "Parameters"])


def test_a_type_of_another_region_is_known() -> None:
    assert create_only("AWS::DeviceFarm::Project") is not None


# Where the CDK CLI, which reads the pages of the documentation too, is not of the same mind: what it says, and we.
DISAGREEMENTS = {
    ("AWS::DynamoDB::GlobalTable", "GlobalTableSourceArn", "no", "maybe"),
    ("AWS::ElastiCache::CacheCluster", "IpDiscovery", "no", "maybe"),
    *(
        (kind, name, "yes", "maybe")
        for kind, name in (
            ("AWS::CertificateManager::Certificate", "ValidationMethod"),
            ("AWS::DynamoDB::GlobalTable", "KeySchema"),
            ("AWS::DynamoDB::GlobalTable", "LocalSecondaryIndexes"),
            ("AWS::DynamoDB::Table", "KeySchema"),
            ("AWS::EC2::EIP", "Domain"),
            ("AWS::ECS::Service", "DeploymentController"),
            ("AWS::ECS::Service", "LaunchType"),
            ("AWS::ElastiCache::ReplicationGroup", "Engine"),
            ("AWS::ElastiCache::ReplicationGroup", "ReplicasPerNodeGroup"),
            ("AWS::FSx::FileSystem", "FileSystemTypeVersion"),
            ("AWS::RDS::DBCluster", "AvailabilityZones"),
            ("AWS::RDS::DBCluster", "WithExpressConfiguration"),
            ("AWS::RDS::DBInstance", "Port"),
            ("AWS::Route53::RecordSet", "Name"),
            ("AWS::S3::Bucket", "ObjectLockEnabled"),
        )
    ),
}


def _disagreements() -> Iterator[tuple[str, str, str, str]]:
    database = json.loads(gzip.decompress((ROOT / "node_modules" / "aws-cdk" / "db.json.gz").read_bytes()))
    for resource in database["schema"]["resource"]["entities"]:
        kind = resource["cloudFormationType"]
        if kind in TYPES:
            always = {path.keys[0] for path in _paths(kind, always=True) if len(path.keys) == 1}
            sometimes = {path.keys[0] for path in _paths(kind, always=False) if len(path.keys) == 1}
            for name, described in resource["properties"].items():
                theirs = described.get("causesReplacement", "no")
                ours = "yes" if name in always else "maybe" if name in sometimes else "no"
                if ours != theirs:
                    yield kind, name, theirs, ours


def test_nothing_is_harmless_that_the_cdk_cli_would_replace() -> None:
    if not (ROOT / "node_modules").exists() and "CI" not in os.environ:
        pytest.skip("no CDK CLI: run 'make test', which installs it")
    found = set(_disagreements())
    assert {one for one in found if one[3] == "no"} == set()
    assert found == DISAGREEMENTS
