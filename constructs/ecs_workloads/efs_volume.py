"""Files that tasks share and that outlive them."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_efs as efs
from aws_cdk import aws_iam as iam

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import in_our_words
from ecs_workloads._start_order import cfn_service
from ecs_workloads.extensible_task import ExtensibleTask
from ecs_workloads.volume import check_volume, mount


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class EfsVolume:
    """A folder of an EFS file system, over TLS, for the task role alone; several tiers may share it.

    The access point decides as which user the program writes, whatever its own is. The tasks may use this access
    point and no other, and the port of the file system is opened to them.

    Args:
        name: Name of the volume, unique in the task.
        container_path: Absolute path inside the main container.
        access_point: The folder, as `SharedFileSystem.folder` or ``efs.FileSystem.add_access_point`` returns it. An
            imported one must know its file system, and that one its security group.
        read_only: Whether the program may only read.

    Raises:
        ValueError: A value is out of its range, or the access point was imported without its file system.
        TypeError: An argument is of another kind.
    """

    name: str
    container_path: str
    access_point: efs.IAccessPoint
    read_only: bool = False

    def __post_init__(self) -> None:
        subject = f"EfsVolume {self.name!r}"
        check_volume(subject, self.name, self.container_path)
        in_our_words(
            lambda: self.access_point.file_system,
            "fileSystem is only available",
            subject,
            lambda _: (
                "the access point must know its file system: import it with "
                "efs.AccessPoint.from_access_point_attributes(access_point_id=..., file_system=...)"
            ),
        )

    def bind(self, task: ExtensibleTask) -> None:
        """Add the folder to ``task``."""
        file_system = self.access_point.file_system
        task.task_definition.add_volume(
            name=self.name,
            efs_volume_configuration=ecs.EfsVolumeConfiguration(
                file_system_id=file_system.file_system_id,
                transit_encryption="ENABLED",
                authorization_config=ecs.AuthorizationConfig(
                    access_point_id=self.access_point.access_point_id, iam="ENABLED"
                ),
            ),
        )
        mount(task, self.name, self.container_path, read_only=self.read_only)
        actions = ["elasticfilesystem:ClientMount"]
        if not self.read_only:
            actions.append("elasticfilesystem:ClientWrite")
        task.task_definition.add_to_task_role_policy(
            iam.PolicyStatement(
                actions=actions,
                resources=[file_system.file_system_arn],
                conditions={
                    "StringEquals": {"elasticfilesystem:AccessPointArn": self.access_point.access_point_arn},
                    "Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"},
                },
            )
        )
        task.service.connections.allow_to(file_system, ec2.Port.tcp(efs.FileSystem.DEFAULT_PORT), "Data of the tasks")
        # A task that starts before the file system can be reached fails, and the deployment with it.
        cfn_service(task.service).node.add_dependency(file_system.mount_targets_available)
