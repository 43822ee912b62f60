"""Controls of AWS Security Hub on ECS and ECR.

https://docs.aws.amazon.com/securityhub/latest/userguide/ecs-controls.html
https://docs.aws.amazon.com/securityhub/latest/userguide/ecr-controls.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ecs_workloads.checks._control import Control, Properties, is_tagged

_TASK_DEFINITION = "AWS::ECS::TaskDefinition"
_SERVICE = "AWS::ECS::Service"
_REPOSITORY = "AWS::ECR::Repository"
_CREDENTIALS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "ECS_ENGINE_AUTH_DATA"}


def _control(control_id: str, resource_type: str, requires: str, is_met: Callable[[Properties], bool]) -> Control:
    return Control(
        control_id=control_id,
        resource_type=resource_type,
        requires=requires,
        is_met=lambda resource, _: is_met(resource.properties),
    )


def _every_container(is_met: Callable[[Properties], bool]) -> Callable[[Properties], bool]:
    return lambda task: all(is_met(container) for container in task.get("ContainerDefinitions", []))


def _has_no_public_address(properties: Properties) -> bool:
    network: dict[str, Any] = properties.get("NetworkConfiguration", {})
    key = "AwsvpcConfiguration" if "AwsvpcConfiguration" in network else "AwsVpcConfiguration"
    return str(network.get(key, {}).get("AssignPublicIp")) != "ENABLED"


def _is_latest_platform(service: Properties) -> bool:
    return str(service.get("PlatformVersion", "LATEST")) in ("LATEST", "1.4.0")


def _shows_insights(cluster: Properties) -> bool:
    return any(
        one.get("Name") == "containerInsights" and one.get("Value") in ("enabled", "enhanced")
        for one in cluster.get("ClusterSettings", [])
    )


def _encrypts_file_systems(task: Properties) -> bool:
    return all(
        volume.get("EFSVolumeConfiguration", {"TransitEncryption": "ENABLED"}).get("TransitEncryption") == "ENABLED"
        for volume in task.get("Volumes", [])
    )


def _protects_instances(provider: Properties) -> bool:
    group: dict[str, Any] = provider.get("AutoScalingGroupProvider", {})
    return not group or str(group.get("ManagedTerminationProtection")) == "ENABLED"


def _is_windows(task: Properties) -> bool:
    return str(task.get("RuntimePlatform", {}).get("OperatingSystemFamily", "LINUX")).startswith("WINDOWS")


def _runs_as(container: Properties, *forbidden: str) -> bool:
    user = str(container.get("User", ""))
    return bool(user) and user.split(":", maxsplit=1)[0].lower() not in forbidden


def _runs_without_root(task: Properties) -> bool:
    return _is_windows(task) or all(_runs_as(one, "root", "0") for one in task.get("ContainerDefinitions", []))


def _runs_without_administrator(task: Properties) -> bool:
    return not _is_windows(task) or all(
        _runs_as(one, "containeradministrator", "administrator") for one in task.get("ContainerDefinitions", [])
    )


def _tells_no_credentials(container: Properties) -> bool:
    return not _CREDENTIALS & {one.get("Name") for one in container.get("Environment", [])}


def _cannot_write_to_root(task: Properties) -> bool:
    return _is_windows(task) or all(
        one.get("ReadonlyRootFilesystem") is True for one in task.get("ContainerDefinitions", [])
    )


def _tagged(control_id: str, resource_type: str) -> Control:
    return Control(control_id=control_id, resource_type=resource_type, requires="a tag", is_met=is_tagged)


CONTAINER_CONTROLS = (
    _control("ECS.2", _SERVICE, "no public address for tasks", _has_no_public_address),
    _control("ECS.3", _TASK_DEFINITION, "processes of its own", lambda task: task.get("PidMode") != "host"),
    _control(
        "ECS.4", _TASK_DEFINITION, "no privileged container", _every_container(lambda one: not one.get("Privileged"))
    ),
    _control("ECS.5", _TASK_DEFINITION, "a read-only root file system in every container", _cannot_write_to_root),
    _control("ECS.8", _TASK_DEFINITION, "no credentials in variables", _every_container(_tells_no_credentials)),
    _control(
        "ECS.9",
        _TASK_DEFINITION,
        "a log driver in every container",
        _every_container(lambda one: bool(one.get("LogConfiguration", {}).get("LogDriver"))),
    ),
    _control("ECS.10", _SERVICE, "the latest version of Fargate", _is_latest_platform),
    _control("ECS.12", "AWS::ECS::Cluster", "Container Insights", _shows_insights),
    _tagged("ECS.13", _SERVICE),
    _tagged("ECS.14", "AWS::ECS::Cluster"),
    _tagged("ECS.15", _TASK_DEFINITION),
    _control("ECS.16", "AWS::ECS::TaskSet", "no public address for tasks", _has_no_public_address),
    _control("ECS.17", _TASK_DEFINITION, "a network of its own", lambda task: task.get("NetworkMode") != "host"),
    _control("ECS.18", _TASK_DEFINITION, "encryption on the way to EFS", _encrypts_file_systems),
    _control("ECS.19", "AWS::ECS::CapacityProvider", "managed termination protection", _protects_instances),
    _control("ECS.20", _TASK_DEFINITION, "a user other than root in every container", _runs_without_root),
    _control("ECS.21", _TASK_DEFINITION, "a user other than the administrator of Windows", _runs_without_administrator),
    _control(
        "ECR.1",
        _REPOSITORY,
        "scan on push",
        lambda one: one.get("ImageScanningConfiguration", {}).get("ScanOnPush") is True,
    ),
    _control("ECR.2", _REPOSITORY, "immutable tags", lambda one: one.get("ImageTagMutability") == "IMMUTABLE"),
    _control(
        "ECR.3",
        _REPOSITORY,
        "a lifecycle policy",
        lambda one: bool(one.get("LifecyclePolicy", {}).get("LifecyclePolicyText")),
    ),
    _control(
        "ECR.5",
        _REPOSITORY,
        "a KMS key of the customer",
        lambda one: "KmsKey" in one.get("EncryptionConfiguration", {}),
    ),
)
