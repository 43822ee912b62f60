"""A disk of its own for each task."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Size
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from ecs_workloads._accepted_findings import accept_findings
from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import check_known_range, check_name, check_range, is_token, require
from ecs_workloads.extensible_task import ExtensibleTask
from ecs_workloads.volume import check_volume

_IOPS, _IOPS_OF_A_GIB, _MIB_OF_AN_OPERATION = 3000, 500, 0.25


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class EbsVolume:
    """An encrypted disk that ECS makes for each task of the service and deletes with it.

    For more room or speed than the 200 GiB of a task's own disk, or for data that starts from a snapshot. It keeps
    nothing: for files that outlive a task use an `EfsVolume`. ECS lets the container's user write it. A service can
    have one. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ebs-volumes.html

    Args:
        name: Name of the volume, unique in the task.
        container_path: Absolute path inside the main container.
        size_gib: Size in GiB, 1 to 65536.
        snapshot_id: Snapshot with which it begins. Defaults to an empty disk.
        iops: Operations a second, 3000 to 80000, and above 3000 at most 500 for each GiB. Defaults to the 3000 of a gp3
            disk.
        throughput_mib: Throughput in MiB a second, 125 to 2000, at most a quarter of ``iops``. Defaults to the 125 of a
            gp3 disk. https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html
        encryption_key: Key for the disk. Defaults to the key ``aws/ebs`` of the account.

    Raises:
        ValueError: A value is out of its range.
        TypeError: An argument is of another kind.
    """

    name: str
    container_path: str
    size_gib: int
    snapshot_id: str | None = None
    iops: int | None = None
    throughput_mib: int | None = None
    encryption_key: kms.IKey | None = None

    def __post_init__(self) -> None:
        subject = f"EbsVolume {self.name!r}"
        check_volume(subject, self.name, self.container_path)
        check_known_range(subject, "size_gib", self.size_gib, 1, 65_536, why="aws_cdk checks it")
        if self.snapshot_id is not None:
            check_name(subject, "snapshot_id", self.snapshot_id, r"snap-[0-9a-f]{8,17}", "snap-... in hexadecimal")
        if self.iops is not None:
            check_range(subject, "iops", self.iops, 3000, 80_000)
        if self.throughput_mib is not None:
            check_range(subject, "throughput_mib", self.throughput_mib, 125, 2000)
        self._check_ratios(subject)

    def _check_ratios(self, subject: str) -> None:
        iops = _IOPS if self.iops is None else self.iops
        most = max(_IOPS, self.size_gib * _IOPS_OF_A_GIB)
        require(iops <= most, subject, f"iops must be at most {most}, 500 for each GiB of size_gib, got {iops}")
        require(
            self.throughput_mib is None or is_token(iops) or self.throughput_mib <= iops * _MIB_OF_AN_OPERATION,
            subject,
            f"throughput_mib must be at most a quarter of iops={iops}, got {self.throughput_mib}",
        )

    def bind(self, task: ExtensibleTask) -> None:
        """Add the disk to ``task`` and to its service."""
        volume = ecs.ServiceManagedVolume(
            task.scope,
            "EbsVolume",
            name=self.name,
            managed_ebs_volume=ecs.ServiceManagedEBSVolumeConfiguration(
                size=Size.gibibytes(self.size_gib),
                encrypted=True,
                kms_key_id=self.encryption_key,
                volume_type=ec2.EbsDeviceVolumeType.GP3,
                iops=self.iops,
                throughput=self.throughput_mib,
                snap_shot_id=self.snapshot_id,
                tag_specifications=[ecs.EBSTagSpecification(propagate_tags=ecs.EbsPropagatedTagSource.SERVICE)],
            ),
        )
        task.task_definition.add_volume(name=self.name, configured_at_launch=True)
        volume.mount_in(task.container, container_path=self.container_path, read_only=False)
        task.service.add_volume(volume)
        accept_findings(volume, "volume role", "role")
        if self.encryption_key is not None:
            self._let_use_key(volume.role, self.encryption_key)

    def _let_use_key(self, role: iam.IRole, key: kms.IKey) -> None:
        """Let ECS make disks with ``key``.

        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ebs-kms-encryption.html
        """
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"], resources=[key.key_arn]
            )
        )
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=["kms:CreateGrant"],
                resources=[key.key_arn],
                conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
            )
        )
