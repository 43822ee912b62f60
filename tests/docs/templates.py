"""The templates that pages show: what a program made, without what nobody reads."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, TypeAlias

import yaml
from aws_cdk import Stack
from constructs import Construct

from tests.docs.pages import TemplateBlock

Json: TypeAlias = "dict[str, Json] | list[Json] | str | float | bool | None"
# The properties that a page shows of each resource; of a resource that is not here, it shows the number alone.
_NOTABLE: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {
        "AWS::AmazonMQ::Broker": (
            "EngineType",
            "EngineVersion",
            "DeploymentMode",
            "HostInstanceType",
            "PubliclyAccessible",
            "AutoMinorVersionUpgrade",
            "Logs",
            "MaintenanceWindowStartTime",
        ),
        "AWS::ApplicationAutoScaling::ScalableTarget": ("MinCapacity", "MaxCapacity", "ScheduledActions"),
        "AWS::ApplicationAutoScaling::ScalingPolicy": (
            "PolicyType",
            "TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification.PredefinedMetricType",
            "TargetTrackingScalingPolicyConfiguration.TargetValue",
            "TargetTrackingScalingPolicyConfiguration.ScaleOutCooldown",
            "TargetTrackingScalingPolicyConfiguration.ScaleInCooldown",
            "StepScalingPolicyConfiguration.StepAdjustments",
        ),
        "AWS::CloudWatch::Alarm": (
            "AlarmDescription",
            "Threshold",
            "EvaluationPeriods",
            "DatapointsToAlarm",
            "TreatMissingData",
        ),
        "AWS::EC2::SecurityGroupIngress": ("FromPort", "ToPort", "Description"),
        "AWS::ECR::PullThroughCacheRule": ("EcrRepositoryPrefix", "UpstreamRegistry", "UpstreamRegistryUrl"),
        "AWS::ECR::Repository": (
            "ImageScanningConfiguration",
            "ImageTagMutability",
            "EncryptionConfiguration",
        ),
        "AWS::ECR::RepositoryCreationTemplate": ("Prefix", "AppliedFor"),
        "AWS::ECS::Cluster": (
            "CapacityProviders",
            "ClusterSettings",
            "Configuration.ExecuteCommandConfiguration.Logging",
        ),
        "AWS::ECS::Service": (
            "CapacityProviderStrategy",
            "LaunchType",
            "DesiredCount",
            "DeploymentConfiguration.MinimumHealthyPercent",
            "DeploymentConfiguration.MaximumPercent",
            "DeploymentConfiguration.DeploymentCircuitBreaker",
            "HealthCheckGracePeriodSeconds",
            "EnableExecuteCommand",
            "NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp",
            "ServiceConnectConfiguration.Services.ClientAliases",
            "ServiceConnectConfiguration.Services.Timeout",
        ),
        "AWS::ECS::TaskDefinition": (
            "Cpu",
            "Memory",
            "RuntimePlatform",
            "ContainerDefinitions.Name",
            "ContainerDefinitions.Essential",
            "ContainerDefinitions.User",
            "ContainerDefinitions.ReadonlyRootFilesystem",
            "ContainerDefinitions.LinuxParameters",
            "ContainerDefinitions.PortMappings",
            "ContainerDefinitions.HealthCheck",
            "ContainerDefinitions.MountPoints",
            "ContainerDefinitions.Memory",
            "ContainerDefinitions.RestartPolicy",
            "ContainerDefinitions.DependsOn",
            "ContainerDefinitions.StopTimeout",
            "ContainerDefinitions.LogConfiguration.LogDriver",
            "ContainerDefinitions.LogConfiguration.Options.mode",
            "Volumes.Name",
        ),
        "AWS::EFS::AccessPoint": ("PosixUser", "RootDirectory"),
        "AWS::EFS::FileSystem": ("Encrypted", "BackupPolicy", "ThroughputMode"),
        "AWS::ElasticLoadBalancingV2::Listener": ("Port", "Protocol", "SslPolicy"),
        "AWS::ElasticLoadBalancingV2::LoadBalancer": ("Scheme", "LoadBalancerAttributes"),
        "AWS::ElasticLoadBalancingV2::TargetGroup": (
            "Protocol",
            "HealthCheckPath",
            "HealthCheckIntervalSeconds",
            "HealthyThresholdCount",
            "UnhealthyThresholdCount",
            "TargetGroupAttributes",
        ),
        "AWS::Logs::LogGroup": ("RetentionInDays",),
        "AWS::SQS::Queue": (
            "FifoQueue",
            "MessageRetentionPeriod",
            "ReceiveMessageWaitTimeSeconds",
            "RedrivePolicy.maxReceiveCount",
            "SqsManagedSseEnabled",
            "VisibilityTimeout",
        ),
        "AWS::ServiceDiscovery::PrivateDnsNamespace": ("Name",),
        "AWS::ServiceDiscovery::Service": ("Name", "DnsConfig.DnsRecords"),
    }
)


def made_by(namespace: dict[str, Any], block: TemplateBlock) -> str:
    """Return, in YAML, the resources that a variable of a program made: how many, and what is notable of them."""
    construct: Construct = namespace[block.variable]
    artifact = namespace["app"].synth().get_stack_artifact(Stack.of(construct).artifact_id)
    inside = f"/{construct.node.path}/"
    ids = {
        entry.data: None
        for entry in artifact.find_metadata_by_type("aws:cdk:logicalId")
        if f"{entry.path}/".startswith(inside)
    }
    found: dict[str, list[Json]] = {}
    for logical_id, resource in artifact.template["Resources"].items():
        kind: str = resource["Type"]
        if logical_id in ids and kind.startswith(block.kind):
            found.setdefault(kind, []).append(_picked(resource.get("Properties", {}), _NOTABLE.get(kind, ())))
    shown = {kind: _shown(found[kind]) for kind in sorted(found)}
    return yaml.safe_dump(shown, sort_keys=False, width=100)


def _picked(value: Json, paths: tuple[str, ...]) -> Json:
    """Return those parts of a property whose values stand in the template itself."""
    if isinstance(value, list):
        return [_picked(one, paths) for one in value]
    if not isinstance(value, dict):
        return None
    result: dict[str, Json] = {}
    for path in paths:
        first, _, rest = path.partition(".")
        if first not in value:
            continue
        inner = tuple(other.partition(".")[2] for other in paths if other.startswith(f"{first}."))
        part = _picked(value[first], inner) if rest else _plain(value[first])
        if part not in (None, {}, []):
            result[first] = part
    return result


def _plain(value: Json) -> Json:
    """Return a value without what is known only at deployment; pairs of key and value become a mapping."""
    if isinstance(value, list):
        pairs = [one for one in value if isinstance(one, dict) and set(one) == {"Key", "Value"}]
        if pairs and len(pairs) == len(value):
            return _plain({str(one["Key"]): one["Value"] for one in pairs})
        return [plain for one in value if (plain := _plain(one)) is not None]
    if not isinstance(value, dict):
        return value
    if any(name == "Ref" or name.startswith("Fn::") for name in value):
        return None
    return {name: plain for name, part in value.items() if (plain := _plain(part)) is not None}


def _shown(resources: list[Json]) -> Json:
    if not any(resources):
        return len(resources)
    return resources[0] if len(resources) == 1 else resources
