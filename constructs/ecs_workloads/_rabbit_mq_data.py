"""Where the nodes of a broker keep their data."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_efs as efs
from aws_cdk import aws_kms as kms
from constructs import Construct

from ecs_workloads._rabbit_mq_checks import Grade
from ecs_workloads._rabbit_mq_container import CLUSTER_PATH, DATA_PATH, UID
from ecs_workloads.efs_volume import EfsVolume
from ecs_workloads.ephemeral_node import EphemeralNode
from ecs_workloads.scratch_volume import ScratchVolume
from ecs_workloads.shared_file_system import SharedFileSystem
from ecs_workloads.volume import Volume

PLACES = ("First", "Second", "Third")


class BrokerData:
    """A folder for each node on a file system, or the disk of the task of a node that is ephemeral.

    The ids of one node stay as they are: its data hangs on them.
    """

    def __init__(
        self,
        broker: Construct,
        *,
        grade: Grade,
        vpc: ec2.IVpc,
        vpc_subnets: ec2.SubnetSelection | None,
        encryption_key: kms.IKey | None,
        removal_policy: RemovalPolicy,
    ) -> None:
        self._path = broker.node.path
        self._files = (
            None
            if isinstance(grade, EphemeralNode)
            else SharedFileSystem(
                broker,
                "Data",
                vpc=vpc,
                vpc_subnets=vpc_subnets,
                encryption_key=encryption_key,
                removal_policy=removal_policy,
            )
        )

    @property
    def file_system(self) -> efs.FileSystem:
        """The file system."""
        if self._files is None:
            raise ValueError(f"{self._path}: an EphemeralNode has no file system")
        return self._files.file_system

    def volumes(self, place: int, *, clustered: bool) -> list[Volume]:
        """Return the volumes of the node at ``place``."""
        if self._files is None:
            # The image says VOLUME for it, which belongs to the image's user.
            return [ScratchVolume(name="data", container_path=DATA_PATH, image_declares_volume=True)]
        if not clustered:
            return [_folder(self._files, "data", DATA_PATH, "Folder", "/rabbitmq")]
        own = _folder(self._files, "data", DATA_PATH, f"{PLACES[place]}Folder", f"/rabbitmq-{place}")
        return [own, _folder(self._files, "cluster", CLUSTER_PATH, "ClusterFolder", "/rabbitmq-cluster")]


def _folder(files: SharedFileSystem, name: str, container_path: str, construct_id: str, path: str) -> EfsVolume:
    """Return a folder of ``files``, which the nodes share where they ask for the same."""
    known = files.file_system.node.try_find_child(construct_id)
    access_point = known if isinstance(known, efs.AccessPoint) else files.folder(construct_id, path=path, uid=UID)
    return EfsVolume(name=name, container_path=container_path, access_point=access_point)
