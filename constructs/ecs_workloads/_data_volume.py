"""A folder that outlives every task."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_efs as efs
from aws_cdk import aws_kms as kms
from constructs import Construct

from ecs_workloads._service import TierService


class DataVolume(Construct):
    """An encrypted file system with backups, and one folder on it that belongs to one user."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        vpc_subnets: ec2.SubnetSelection | None,
        path: str,
        uid: str,
        encryption_key: kms.IKey | None,
        removal_policy: RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        self.file_system = efs.FileSystem(
            self,
            "FileSystem",
            vpc=vpc,
            vpc_subnets=None if vpc_subnets is None else _one_per_zone(vpc_subnets),
            security_group=ec2.SecurityGroup(
                self,
                "SecurityGroup",
                vpc=vpc,
                description=f"File system of {scope.node.path}",
                allow_all_outbound=False,
            ),
            encrypted=True,
            kms_key=encryption_key,
            enable_automatic_backups=True,
            allow_anonymous_access=False,
            throughput_mode=efs.ThroughputMode.ELASTIC,
            removal_policy=removal_policy,
        )
        self._access_point = self.file_system.add_access_point(
            "Folder",
            path=path,
            posix_user=efs.PosixUser(uid=uid, gid=uid),
            create_acl=efs.Acl(owner_uid=uid, owner_gid=uid, permissions="750"),
        )

    def mount(self, tier: TierService, container_path: str) -> None:
        """Let the tasks of ``tier`` find the folder at ``container_path``, and start only once it is there."""
        tier.task_definition.add_volume(
            name="data",
            efs_volume_configuration=ecs.EfsVolumeConfiguration(
                file_system_id=self.file_system.file_system_id,
                transit_encryption="ENABLED",
                authorization_config=ecs.AuthorizationConfig(
                    access_point_id=self._access_point.access_point_id, iam="ENABLED"
                ),
            ),
        )
        tier.container.add_mount_points(
            ecs.MountPoint(container_path=container_path, source_volume="data", read_only=False)
        )
        self.file_system.grant_read_write(tier)
        tier.connections.allow_to(self.file_system, ec2.Port.tcp(efs.FileSystem.DEFAULT_PORT), "Data of the tasks")
        tier.cfn_service.node.add_dependency(self.file_system.mount_targets_available)


def _one_per_zone(chosen: ec2.SubnetSelection) -> ec2.SubnetSelection:
    """Return the same choice, cut down to what EFS allows: one mount target for each zone."""
    return ec2.SubnetSelection(
        availability_zones=chosen.availability_zones,
        one_per_az=True,
        subnet_filters=chosen.subnet_filters,
        subnet_group_name=chosen.subnet_group_name,
        subnets=chosen.subnets,
        subnet_type=chosen.subnet_type,
    )
