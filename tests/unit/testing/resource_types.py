"""The types for which the tests break every rule: all that this repository's environments hold, and what keeps data."""

from __future__ import annotations

import json

from tests.stacks.assemblies import ROOT

_DATA = {
    "AWS::AmazonMQ::Broker",
    "AWS::Backup::BackupVault",
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::EC2::Volume",
    "AWS::ElastiCache::CacheCluster",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::ElastiCache::ServerlessCache",
    "AWS::FSx::FileSystem",
    "AWS::Kinesis::Stream",
    "AWS::MSK::Cluster",
    "AWS::MemoryDB::Cluster",
    "AWS::OpenSearchService::Domain",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::Redshift::Cluster",
    "AWS::S3::Bucket",
}


def _made_here() -> set[str]:
    snapshots = ROOT / "tests" / "stacks" / "__snapshots__" / "test_snapshots"
    return {
        resource["Type"]
        for file in snapshots.iterdir()
        for template in json.loads(file.read_text(encoding="utf-8")).values()
        for resource in template.get("Resources", {}).values()
    }


TYPES = sorted(_DATA | _made_here())
