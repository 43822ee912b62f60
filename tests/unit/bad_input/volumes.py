"""Rules of folders from outside the image."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_efs as efs

from ecs_workloads import EbsVolume, EfsVolume, ScratchVolume
from tests.unit.bad_input.row import Bench, Row

_NAME = "name must be letters, digits, hyphens and underscores, got 'my data'"
_PATH = "container_path must be an absolute path, got 'data'"


def scratch(**changes: Any) -> ScratchVolume:
    """Return a volume that is all right but for ``changes``."""
    defaults: dict[str, Any] = {"name": "data", "container_path": "/data", "image_declares_volume": True}
    return ScratchVolume(**{**defaults, **changes})


def shared(at: Bench, **changes: Any) -> EfsVolume:
    """Return a volume that is all right but for ``changes``."""
    files = efs.FileSystem.from_file_system_attributes(
        at.stack,
        "TheirFiles",
        file_system_id="fs-12345678",
        security_group=ec2.SecurityGroup.from_security_group_id(at.stack, "FilesGroup", "sg-3"),
    )
    folder = efs.AccessPoint.from_access_point_attributes(
        at.stack, "Folder", access_point_id="fsap-12345678", file_system=files
    )
    defaults: dict[str, Any] = {"name": "data", "container_path": "/data", "access_point": folder}
    return EfsVolume(**{**defaults, **changes})


def disk(**changes: Any) -> EbsVolume:
    """Return a volume that is all right but for ``changes``."""
    defaults: dict[str, Any] = {"name": "data", "container_path": "/data", "size_gib": 10}
    return EbsVolume(**{**defaults, **changes})


def _disk(wrong: str, message: str, **changes: Any) -> Row:
    return Row(wrong, "EbsVolume 'data'", message, lambda _: disk(**changes))


ROWS = (
    Row(
        "two disks",
        "Container",
        "a service can have one EbsVolume, got data, other",
        lambda at: at.container(volumes=[disk(), disk(name="other", container_path="/other")]),
    ),
    Row("scratch, a space", "ScratchVolume 'my data'", _NAME, lambda _: scratch(name="my data")),
    Row("scratch, no root", "ScratchVolume 'data'", _PATH, lambda _: scratch(container_path="data")),
    Row(
        "a folder that the program could not write",
        "ScratchVolume 'data'",
        "Fargate gives '/data' to root, and the program could not write it: use a WritablePath",
        lambda _: scratch(image_declares_volume=False),
    ),
    Row("EFS, a space", "EfsVolume 'my data'", _NAME, lambda at: shared(at, name="my data")),
    Row("EFS, no root", "EfsVolume 'data'", _PATH, lambda at: shared(at, container_path="data")),
    Row("EBS, a space", "EbsVolume 'my data'", _NAME, lambda _: disk(name="my data")),
    _disk("EBS, no root", _PATH, container_path="data"),
    _disk("no disk", "size_gib must be from 1 to 65536, got 0", size_gib=0),
    _disk("a disk too large", "size_gib must be from 1 to 65536, got 65537", size_gib=65_537),
    Row(
        "a disk whose size only the deployment knows",
        "EbsVolume 'data'",
        "size_gib must be known now: aws_cdk checks it",
        lambda at: disk(size_gib=at.number),
    ),
    _disk("a disk too slow", "iops must be from 3000 to 80000, got 2999", iops=2999),
    _disk("a disk too fast", "iops must be from 3000 to 80000, got 80001", iops=80_001, size_gib=1000),
    _disk("too fast for its size", "iops must be at most 5000, 500 for each GiB of size_gib, got 5001", iops=5001),
    _disk(
        "too much at a time",
        "throughput_mib must be at most a quarter of iops=3000, got 751",
        throughput_mib=751,
    ),
    _disk("124 MiB a second", "throughput_mib must be from 125 to 2000, got 124", throughput_mib=124),
    _disk(
        "2001 MiB a second",
        "throughput_mib must be from 125 to 2000, got 2001",
        throughput_mib=2001,
        iops=80_000,
        size_gib=1000,
    ),
    _disk("a snapshot that is none", "snapshot_id must be snap-... in hexadecimal, got 'latest'", snapshot_id="latest"),
    Row(
        "five folders deep",
        "Stack/Files",
        "path must be an absolute path of one to four folders, got '/a/b/c/d/e'",
        lambda at: at.folder(path="/a/b/c/d/e"),
        leaves=True,
    ),
    Row(
        "a folder of root",
        "Stack/Files",
        "uid must be a number above 0, got '0'",
        lambda at: at.folder(uid="0", gid="1000"),
        leaves=True,
    ),
    Row(
        "a folder that shuts its owner out",
        "Stack/Files",
        "permissions must be three octal digits, the first 7 to let the owner in, got '570'",
        lambda at: at.folder(permissions="570"),
        leaves=True,
    ),
)
