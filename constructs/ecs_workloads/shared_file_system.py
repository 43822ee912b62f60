"""A file system that outlives every task."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_efs as efs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from ecs_workloads._accepted_findings import accept_findings
from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import check_name
from ecs_workloads._chosen_subnets import check_selection
from ecs_workloads._descriptions import group_description


@checks_arguments
class SharedFileSystem(Construct):
    """An encrypted EFS file system with backups, whose folders the tasks of several tiers may share.

    Only roles with a permission may use it, over TLS, and only from tiers whose `EfsVolume` opens its port to them.

    Args:
        vpc: Network from which it is reached.
        vpc_subnets: Subnets of its mount targets, of which one for each zone is taken. Defaults to the private ones.
        encryption_key: Key for the files; it cannot be changed later without a new file system. Defaults to the key
            ``aws/elasticfilesystem`` of the account.
        removal_policy: What becomes of the files when they leave the template. Defaults to keeping them, but
            nothing that a failed first deployment made.

    Raises:
        ValueError: ``vpc_subnets`` names a group that the VPC has not.
        TypeError: An argument is of another kind.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        vpc_subnets: ec2.SubnetSelection | None = None,
        encryption_key: kms.IKey | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    ) -> None:
        super().__init__(scope, construct_id)
        check_selection(self.node.path, vpc, vpc_subnets)
        self._file_system = efs.FileSystem(
            self,
            "FileSystem",
            vpc=vpc,
            vpc_subnets=None if vpc_subnets is None else _one_per_zone(vpc_subnets),
            security_group=ec2.SecurityGroup(
                self,
                "SecurityGroup",
                vpc=vpc,
                description=group_description(f"File system of {scope.node.path}"),
                allow_all_outbound=False,
            ),
            encrypted=True,
            kms_key=encryption_key,
            enable_automatic_backups=True,
            # With a policy that allows nobody, only who has a permission of its own may do anything; the one that
            # aws_cdk writes instead lets everybody write who may mount.
            allow_anonymous_access=True,
            file_system_policy=iam.PolicyDocument(
                statements=[
                    iam.PolicyStatement(
                        sid="TlsOnly",
                        effect=iam.Effect.DENY,
                        principals=[iam.AnyPrincipal()],  # pyright: ignore[reportArgumentType]  # jsii#4541
                        actions=["*"],
                        conditions={"Bool": {"aws:SecureTransport": "false"}},
                    )
                ]
            ),
            throughput_mode=efs.ThroughputMode.ELASTIC,
            removal_policy=removal_policy,
        )

        accept_findings(self._file_system, "file system")

    @property
    def file_system(self) -> efs.FileSystem:
        """The file system, for anything this class has no argument for."""
        return self._file_system

    def folder(
        self, construct_id: str, *, path: str, uid: str = "1000", gid: str | None = None, permissions: str = "750"
    ) -> efs.AccessPoint:
        """Return a folder that belongs to one user, for an `EfsVolume`. None of this can be changed later.

        Args:
            construct_id: Id of the access point, PascalCase, unique in this file system.
            path: Absolute path on the file system, at most four folders deep; made when it is first used.
            uid: User as which every program reads and writes here, and who owns the folder; not root.
            gid: Group, likewise. Defaults to ``uid``.
            permissions: Mode of the folder when it is made, in octal.

        Raises:
            ValueError: A value is out of its range.
        """
        subject = self.node.path
        check_name(subject, "path", path, r"(/[A-Za-z0-9._-]+){1,4}", "an absolute path of one to four folders")
        for name, value in (("uid", uid), ("gid", gid or uid)):
            check_name(subject, name, value, r"[1-9]\d{0,9}", "a number above 0")
        check_name(
            subject, "permissions", permissions, r"0?7[0-7]{2}", "three octal digits, the first 7 to let the owner in"
        )
        return self._file_system.add_access_point(
            construct_id,
            path=path,
            posix_user=efs.PosixUser(uid=uid, gid=gid or uid),
            create_acl=efs.Acl(owner_uid=uid, owner_gid=gid or uid, permissions=permissions),
        )


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
