"""Tests of the volumes of a container, and of the file system that tiers share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_efs as efs
from aws_cdk import aws_kms as kms

from ecs_workloads import AppServer, Container, EbsVolume, EfsVolume, ScratchVolume, SharedFileSystem, Volume
from tests.templates import HEALTHY, ingress, main_container, properties, resources, statements

MakeApp = Callable[..., AppServer]


@pytest.fixture
def make(stack: cdk.Stack, cluster: ecs.Cluster, container: Container) -> MakeApp:
    def app_server(*volumes: Volume, name: str = "App") -> AppServer:
        return AppServer(
            stack,
            name,
            cluster=cluster,
            container=replace(container, port=8000, health_check=HEALTHY, volumes=volumes),
            dns_name=name.lower(),
        )

    return app_server


@pytest.fixture
def files(stack: cdk.Stack, cluster: ecs.Cluster) -> SharedFileSystem:
    return SharedFileSystem(stack, "Files", vpc=cluster.vpc)


def uploads(access_point: efs.AccessPoint, **arguments: Any) -> EfsVolume:
    return EfsVolume(name="uploads", container_path="/uploads", access_point=access_point, **arguments)  # pyright: ignore[reportArgumentType]  # jsii#4541


def test_a_scratch_volume_is_refused_where_nobody_says_that_the_program_can_write_it() -> None:
    with pytest.raises(ValueError, match="Fargate gives '/scratch' to root"):
        ScratchVolume(name="scratch", container_path="/scratch")


def test_a_scratch_volume_is_an_empty_folder_of_the_task(stack: cdk.Stack, make: MakeApp) -> None:
    make(ScratchVolume(name="scratch", container_path="/scratch", image_declares_volume=True))

    assert properties(stack, "AWS::ECS::TaskDefinition")["Volumes"] == [{"Name": "scratch"}]
    assert main_container(stack)["MountPoints"] == [
        {"ContainerPath": "/scratch", "ReadOnly": False, "SourceVolume": "scratch"}
    ]


def test_an_efs_volume_is_mounted_over_tls_with_the_task_role(
    stack: cdk.Stack, make: MakeApp, files: SharedFileSystem
) -> None:
    make(uploads(files.folder("Uploads", path="/uploads")))

    [volume] = properties(stack, "AWS::ECS::TaskDefinition")["Volumes"]
    efs_volume = volume["EFSVolumeConfiguration"]
    assert volume["Name"] == "uploads"
    assert efs_volume["TransitEncryption"] == "ENABLED"
    assert efs_volume["AuthorizationConfig"]["IAM"] == "ENABLED"
    assert "AccessPointId" in efs_volume["AuthorizationConfig"]
    assert main_container(stack)["MountPoints"] == [
        {"ContainerPath": "/uploads", "ReadOnly": False, "SourceVolume": "uploads"}
    ]


def test_a_task_may_use_its_own_folder_and_no_other(stack: cdk.Stack, make: MakeApp, files: SharedFileSystem) -> None:
    make(uploads(files.folder("Uploads", path="/uploads")))

    [statement] = [one for one in statements(stack) if "elasticfilesystem" in str(one["Action"])]
    assert statement["Action"] == ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
    assert list(statement["Condition"]["StringEquals"]) == ["elasticfilesystem:AccessPointArn"]
    assert statement["Condition"]["Bool"] == {"elasticfilesystem:AccessedViaMountTarget": "true"}


def test_a_reader_may_not_write(stack: cdk.Stack, make: MakeApp, files: SharedFileSystem) -> None:
    make(uploads(files.folder("Uploads", path="/uploads"), read_only=True))

    [statement] = [one for one in statements(stack) if "elasticfilesystem" in str(one["Action"])]
    assert statement["Action"] == "elasticfilesystem:ClientMount"
    assert main_container(stack)["MountPoints"][0]["ReadOnly"] is True


def test_two_tiers_share_a_folder(stack: cdk.Stack, make: MakeApp, files: SharedFileSystem) -> None:
    volume = uploads(files.folder("Uploads", path="/uploads"))
    make(volume)
    make(replace(volume, read_only=True), name="Reports")

    assert len(resources(stack, "AWS::EFS::AccessPoint")) == 1
    assert [rule["FromPort"] for rule in ingress(stack) if rule.get("FromPort") == 2049] == [2049, 2049]


def test_tasks_start_only_once_the_file_system_can_be_reached(
    stack: cdk.Stack, make: MakeApp, files: SharedFileSystem
) -> None:
    make(uploads(files.folder("Uploads", path="/uploads")))

    [service] = resources(stack, "AWS::ECS::Service")
    assert [name for name in service["DependsOn"] if "MountTarget" in name]


def test_an_imported_folder_of_another_team_can_be_used(stack: cdk.Stack, make: MakeApp) -> None:
    file_system = efs.FileSystem.from_file_system_attributes(
        stack,
        "Imported",
        file_system_id="fs-12345678",
        security_group=ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-1"),
    )
    access_point = efs.AccessPoint.from_access_point_attributes(
        stack, "Folder", access_point_id="fsap-12345678", file_system=file_system
    )
    make(EfsVolume(name="uploads", container_path="/uploads", access_point=access_point))

    [rule] = [rule for rule in ingress(stack) if rule.get("FromPort") == 2049]
    assert rule["GroupId"] == "sg-1"


def test_a_folder_of_an_unknown_file_system_is_refused(stack: cdk.Stack) -> None:
    access_point = efs.AccessPoint.from_access_point_id(stack, "Folder", "fsap-12345678")

    with pytest.raises(ValueError, match=r"^EfsVolume 'uploads': the access point .*from_access_point_attributes\("):
        EfsVolume(name="uploads", container_path="/uploads", access_point=access_point)


def test_an_ebs_volume_is_an_encrypted_disk_for_each_task(stack: cdk.Stack, make: MakeApp) -> None:
    make(EbsVolume(name="index", container_path="/index", size_gib=500))

    [disk] = properties(stack, "AWS::ECS::Service")["VolumeConfigurations"]
    settings = disk["ManagedEBSVolume"]
    assert disk["Name"] == "index"
    assert (settings["Encrypted"], settings["SizeInGiB"], settings["VolumeType"]) == (True, 500, "gp3")
    assert "KmsKeyId" not in settings
    assert settings["TagSpecifications"] == [{"PropagateTags": "SERVICE", "ResourceType": "volume"}]
    assert properties(stack, "AWS::ECS::TaskDefinition")["Volumes"] == [{"ConfiguredAtLaunch": True, "Name": "index"}]
    assert main_container(stack)["MountPoints"] == [
        {"ContainerPath": "/index", "ReadOnly": False, "SourceVolume": "index"}
    ]


def test_an_ebs_volume_can_be_fast_and_begin_with_a_snapshot(stack: cdk.Stack, make: MakeApp) -> None:
    make(
        EbsVolume(
            name="index",
            container_path="/index",
            size_gib=500,
            iops=6000,
            throughput_mib=250,
            snapshot_id="snap-0123456789abcdef0",
        )
    )

    settings = properties(stack, "AWS::ECS::Service")["VolumeConfigurations"][0]["ManagedEBSVolume"]
    assert (settings["Iops"], settings["Throughput"]) == (6000, 250)
    assert settings["SnapshotId"] == "snap-0123456789abcdef0"


def test_ecs_may_make_disks_with_the_key_of_the_user(stack: cdk.Stack, make: MakeApp) -> None:
    key = kms.Key(stack, "Key")
    make(EbsVolume(name="index", container_path="/index", size_gib=500, encryption_key=key))  # pyright: ignore[reportArgumentType]  # jsii#4541

    settings = properties(stack, "AWS::ECS::Service")["VolumeConfigurations"][0]["ManagedEBSVolume"]
    about_key = [one for one in statements(stack) if "kms" in str(one["Action"])]
    assert "KmsKeyId" in settings
    assert [one["Action"] for one in about_key] == [
        ["kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"],
        "kms:CreateGrant",
    ]
    assert about_key[1]["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}


def test_a_file_system_is_encrypted_backed_up_and_kept(stack: cdk.Stack, files: SharedFileSystem) -> None:
    assert files.file_system is not None
    [file_system] = resources(stack, "AWS::EFS::FileSystem")
    assert file_system["Properties"]["Encrypted"] is True
    assert file_system["Properties"]["BackupPolicy"] == {"Status": "ENABLED"}
    assert file_system["Properties"]["ThroughputMode"] == "elastic"
    assert file_system["DeletionPolicy"] == "RetainExceptOnCreate"


def test_a_file_system_is_encrypted_whatever_the_app_says_of_others() -> None:
    stack = cdk.Stack(cdk.App(context={"@aws-cdk/aws-efs:defaultEncryptionAtRest": False}), "Stack")
    SharedFileSystem(stack, "Files", vpc=ec2.Vpc(stack, "Vpc"))

    assert properties(stack, "AWS::EFS::FileSystem")["Encrypted"] is True


def test_the_group_of_a_file_system_lets_nothing_out_and_has_its_name(
    stack: cdk.Stack, files: SharedFileSystem
) -> None:
    assert files.file_system is not None
    [group] = [
        one["Properties"]
        for one in resources(stack, "AWS::EC2::SecurityGroup")
        if one["Properties"]["GroupDescription"] == "File system of Stack"
    ]
    assert [rule["Description"] for rule in group["SecurityGroupEgress"]] == ["Disallow all traffic"]
    assert len({str(one["Properties"]["SecurityGroups"]) for one in resources(stack, "AWS::EFS::MountTarget")}) == 1


@pytest.mark.parametrize(
    "chosen",
    [
        {"availability_zones": ["a"]},
        {"subnet_filters": [ec2.SubnetFilter.availability_zones(["a"])]},
        {"subnet_group_name": "Narrow"},
        {"subnet_type": ec2.SubnetType.PRIVATE_ISOLATED},
    ],
    ids=lambda chosen: next(iter(chosen)),
)
def test_a_file_system_is_in_the_subnets_that_are_chosen(stack: cdk.Stack, chosen: dict[str, Any]) -> None:
    vpc = ec2.Vpc(
        stack,
        "Vpc",
        availability_zones=["a", "b"],
        subnet_configuration=[
            ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC),
            ec2.SubnetConfiguration(name="Wide", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            ec2.SubnetConfiguration(name="Narrow", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
        ],
    )
    SharedFileSystem(stack, "Files", vpc=vpc, vpc_subnets=ec2.SubnetSelection(**chosen))

    found = [stack.resolve(subnet.subnet_id) for subnet in vpc.select_subnets(**chosen).subnets]
    assert [one["Properties"]["SubnetId"] for one in resources(stack, "AWS::EFS::MountTarget")] == found
    assert found != [stack.resolve(subnet.subnet_id) for subnet in vpc.private_subnets]


def test_nobody_uses_a_file_system_without_tls_or_without_a_permission(
    stack: cdk.Stack, files: SharedFileSystem
) -> None:
    assert files.file_system is not None
    [statement] = properties(stack, "AWS::EFS::FileSystem")["FileSystemPolicy"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", {"AWS": "*"}, "*")
    assert statement["Sid"] == "TlsOnly"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_a_folder_belongs_to_one_user(stack: cdk.Stack, files: SharedFileSystem) -> None:
    files.folder("Uploads", path="/uploads")

    folder = properties(stack, "AWS::EFS::AccessPoint")
    assert folder["PosixUser"] == {"Uid": "1000", "Gid": "1000"}
    assert folder["RootDirectory"] == {
        "Path": "/uploads",
        "CreationInfo": {"OwnerUid": "1000", "OwnerGid": "1000", "Permissions": "750"},
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"gid": "staff"}, "gid must be a number above 0, got 'staff'"),
        ({"permissions": "780"}, "permissions must be three octal digits, the first 7 .*, got '780'"),
    ],
)
def test_a_folder_refuses(files: SharedFileSystem, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"Stack/Files: {message}"):
        files.folder("Folder", **{"path": "/uploads", **arguments})
