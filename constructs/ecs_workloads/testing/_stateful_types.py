"""Which types of resources hold what somebody put there, and what becomes of it."""

from __future__ import annotations

from ecs_workloads.testing import _cfn_lint
from ecs_workloads.testing._json import Json

# What cfn-lint's list lacks. https://github.com/aws-cloudformation/cfn-lint/blob/main/src/cfnlint/data/AdditionalSpecs
_ALSO = frozenset(
    {
        "AWS::AmazonMQ::Broker",  # messages
        "AWS::DSQL::Cluster",  # rows
        "AWS::ECR::Repository",  # images
        "AWS::EFS::AccessPoint",  # the way to a folder
        "AWS::ElastiCache::ServerlessCache",  # entries
        "AWS::MSK::Cluster",  # messages
        "AWS::MSK::ServerlessCluster",  # messages
        "AWS::MemoryDB::Cluster",  # entries
        "AWS::NeptuneGraph::Graph",  # vertices
        "AWS::OpenSearchServerless::Collection",  # documents
        "AWS::RDS::GlobalCluster",  # rows
        "AWS::RedshiftServerless::Namespace",  # rows
        "AWS::S3Express::DirectoryBucket",  # objects
        "AWS::S3Tables::Table",  # rows
        "AWS::S3Tables::TableBucket",  # rows
        "AWS::Timestream::InfluxDBInstance",  # points
        "AWS::Timestream::Table",  # points
    }
)
# CloudFormation takes a snapshot of these without being told to.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
_SNAPSHOT_BY_DEFAULT = frozenset({"AWS::RDS::DBCluster", "AWS::RDS::DBInstance"})
_FATES = {
    "Delete": "what it holds is deleted",
    "Snapshot": "a snapshot stays, and nothing restores it",
    "Retain": "what it holds stays behind, in a resource that no stack has any more",
    "RetainExceptOnCreate": "what it holds stays behind, in a resource that no stack has any more",
}

# Its files are those of a file system, which may well stay.
_FATE_OF_FOLDER = "what is in its folder stays on the file system, where no task looks for it any more"


def stateful_types() -> frozenset[str]:
    """Return the types that hold data: those of cfn-lint, and some that it lacks."""
    return _ALSO | _cfn_lint.stateful_types()


def fate_when_removed(resource: dict[str, Json]) -> str:
    """Return what becomes of the data of a resource that leaves its template."""
    if resource.get("Type") == "AWS::EFS::AccessPoint":
        return _FATE_OF_FOLDER
    policy = resource.get("DeletionPolicy")
    of_cluster = "DBClusterIdentifier" in str(resource.get("Properties"))
    if policy is None and resource.get("Type") in _SNAPSHOT_BY_DEFAULT and not of_cluster:
        policy = "Snapshot"
    return _FATES[str(policy or "Delete")]


def fate_when_replaced(resource: dict[str, Json]) -> str:
    """Return what becomes of the data of a resource that another one takes the place of."""
    if resource.get("Type") == "AWS::EFS::AccessPoint":
        return _FATE_OF_FOLDER
    return _FATES[str(resource.get("UpdateReplacePolicy") or "Delete")]
