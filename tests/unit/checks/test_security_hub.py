"""Each control of AWS Security Hub finds what breaks it, and lets pass what meets it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ecs_workloads.checks import SECURITY_HUB_CONTROLS, StackTemplate, broken_controls

SERVICE = "AWS::ECS::Service"
TASK = "AWS::ECS::TaskDefinition"
REPOSITORY = "AWS::ECR::Repository"
BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
TARGETS = "AWS::ElasticLoadBalancingV2::TargetGroup"
GROUP = "AWS::EC2::SecurityGroup"
INGRESS = "AWS::EC2::SecurityGroupIngress"
VPC = "AWS::EC2::VPC"
LAUNCH = "AWS::EC2::LaunchTemplate"
BUCKET = "AWS::S3::Bucket"
FILES = "AWS::EFS::FileSystem"
POINT = "AWS::EFS::AccessPoint"
TABLE = "AWS::DynamoDB::Table"
Json = dict[str, Any]


def resource(kind: str, **properties: object) -> Json:
    return {"Type": kind, "Properties": properties}


def task(**container: object) -> Json:
    return resource(TASK, ContainerDefinitions=[{"Name": "main", **container}])


def windows(**container: object) -> Json:
    one = task(**container)
    one["Properties"]["RuntimePlatform"] = {"OperatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}
    return one


def in_public(value: str, kind: str = SERVICE) -> Json:
    return resource(kind, NetworkConfiguration={"AwsvpcConfiguration": {"AssignPublicIp": value}})


def balancer(key: str, value: str) -> Json:
    return resource(BALANCER, LoadBalancerAttributes=[{"Key": key, "Value": value}])


def opened(first: object, last: object, cidr: str = "0.0.0.0/0", protocol: str = "tcp") -> Json:
    return {"IpProtocol": protocol, "FromPort": first, "ToPort": last, "CidrIp": cidr}


def policy(principal: object, **more: object) -> Json:
    return {"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "*", **more}]}


def broker(engine: str, **properties: object) -> Json:
    return resource("AWS::AmazonMQ::Broker", EngineType=engine, **properties)


def endpoint(service: str) -> Json:
    name = {"Fn::Join": ["", ["com.amazonaws.", {"Ref": "AWS::Region"}, f".{service}"]]}
    return resource("AWS::EC2::VPCEndpoint", ServiceName=name, VpcEndpointType="Interface")


TAGGED = [{"Key": "environment", "Value": "prod"}]
OF_AWS = [{"Key": "aws:cloudformation:stack-name", "Value": "shop"}]
REDIRECT = [{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS"}}]
DENIES_HTTP = {"Statement": [{"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}
NOT_ACTION = {"Statement": [{"Effect": "Allow", "Principal": "*", "NotAction": "s3:DeleteBucket"}]}
PUBLIC_SUBNET = resource("AWS::EC2::Subnet", MapPublicIpOnLaunch=True)

# Control, what breaks it, what meets it, and what stands beside the resource that meets it.
CASES: list[tuple[str, Json, Json, Json]] = [
    ("ECS.2", in_public("ENABLED"), in_public("DISABLED"), {}),
    ("ECS.3", resource(TASK, PidMode="host"), resource(TASK, PidMode="task"), {}),
    ("ECS.4", task(Privileged=True), task(Privileged=False), {}),
    ("ECS.5", task(), task(ReadonlyRootFilesystem=True), {}),
    ("ECS.5", task(ReadonlyRootFilesystem=False), windows(), {}),
    ("ECS.8", task(Environment=[{"Name": "AWS_SECRET_ACCESS_KEY"}]), task(Environment=[{"Name": "AWS_REGION"}]), {}),
    ("ECS.9", task(), task(LogConfiguration={"LogDriver": "awslogs"}), {}),
    ("ECS.10", resource(SERVICE, PlatformVersion="1.3.0"), resource(SERVICE, PlatformVersion="LATEST"), {}),
    (
        "ECS.12",
        resource("AWS::ECS::Cluster", ClusterSettings=[{"Name": "containerInsights", "Value": "disabled"}]),
        resource("AWS::ECS::Cluster", ClusterSettings=[{"Name": "containerInsights", "Value": "enhanced"}]),
        {},
    ),
    ("ECS.13", resource(SERVICE, Tags=OF_AWS), resource(SERVICE, Tags=TAGGED), {}),
    ("ECS.14", resource("AWS::ECS::Cluster"), resource("AWS::ECS::Cluster", Tags=TAGGED), {}),
    ("ECS.15", resource(TASK), resource(TASK, Tags=TAGGED), {}),
    ("ECS.16", in_public("ENABLED", "AWS::ECS::TaskSet"), in_public("DISABLED", "AWS::ECS::TaskSet"), {}),
    ("ECS.17", resource(TASK, NetworkMode="host"), resource(TASK, NetworkMode="awsvpc"), {}),
    (
        "ECS.18",
        resource(TASK, Volumes=[{"EFSVolumeConfiguration": {"TransitEncryption": "DISABLED"}}]),
        resource(TASK, Volumes=[{"Name": "scratch"}, {"EFSVolumeConfiguration": {"TransitEncryption": "ENABLED"}}]),
        {},
    ),
    (
        "ECS.19",
        resource("AWS::ECS::CapacityProvider", AutoScalingGroupProvider={"ManagedTerminationProtection": "DISABLED"}),
        resource("AWS::ECS::CapacityProvider", AutoScalingGroupProvider={"ManagedTerminationProtection": "ENABLED"}),
        {},
    ),
    ("ECS.20", task(User="root"), task(User="10001:10001"), {}),
    ("ECS.20", task(User="0:0"), windows(), {}),
    ("ECS.20", task(), task(User="app"), {}),
    ("ECS.21", windows(), windows(User="ContainerUser"), {}),
    ("ECS.21", windows(User="ContainerAdministrator"), task(), {}),
    ("ECR.1", resource(REPOSITORY), resource(REPOSITORY, ImageScanningConfiguration={"ScanOnPush": True}), {}),
    ("ECR.2", resource(REPOSITORY), resource(REPOSITORY, ImageTagMutability="IMMUTABLE"), {}),
    ("ECR.3", resource(REPOSITORY), resource(REPOSITORY, LifecyclePolicy={"LifecyclePolicyText": "{}"}), {}),
    (
        "ECR.5",
        resource(REPOSITORY, EncryptionConfiguration={"EncryptionType": "KMS"}),
        resource(REPOSITORY, EncryptionConfiguration={"EncryptionType": "KMS", "KmsKey": {"Ref": "Key"}}),
        {},
    ),
    ("ELB.1", resource(LISTENER, Protocol="HTTP", DefaultActions=[{"Type": "forward"}]), resource(LISTENER), {}),
    ("ELB.1", resource(LISTENER, Protocol="HTTP"), resource(LISTENER, Protocol="HTTP", DefaultActions=REDIRECT), {}),
    ("ELB.4", resource(BALANCER), balancer("routing.http.drop_invalid_header_fields.enabled", "true"), {}),
    ("ELB.5", balancer("access_logs.s3.enabled", "false"), balancer("access_logs.s3.enabled", "true"), {}),
    ("ELB.6", resource(BALANCER), balancer("deletion_protection.enabled", "true"), {}),
    ("ELB.12", balancer("routing.http.desync_mitigation_mode", "monitor"), resource(BALANCER), {}),
    ("ELB.13", resource(BALANCER, Subnets=["a"]), resource(BALANCER, Subnets=["a", "b"]), {}),
    ("ELB.13", resource(BALANCER, Subnets=[]), resource(BALANCER, Subnets={"Ref": "Subnets"}), {}),
    (
        "ELB.16",
        resource(BALANCER),
        resource(BALANCER),
        {"Association": resource("AWS::WAFv2::WebACLAssociation", ResourceArn={"Ref": "Subject"})},
    ),
    ("ELB.16", resource(BALANCER, Type="application"), resource(BALANCER, Type="network"), {}),
    (
        "ELB.17",
        resource(LISTENER, Protocol="HTTPS"),
        resource(LISTENER, Protocol="HTTPS", SslPolicy="ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"),
        {},
    ),
    ("ELB.18", resource(LISTENER, Protocol="HTTP"), resource(LISTENER, Protocol="HTTPS"), {}),
    ("ELB.21", resource(TARGETS, Protocol="HTTP"), resource(TARGETS, Protocol="HTTPS"), {}),
    (
        "ELB.21",
        resource(TARGETS, Protocol="HTTPS", HealthCheckProtocol="HTTP"),
        resource(TARGETS, Protocol="HTTP", HealthCheckProtocol="HTTPS"),
        {},
    ),
    ("ELB.22", resource(TARGETS, Protocol="HTTP"), resource(TARGETS, Protocol="TLS"), {}),
    (
        "WAF.12",
        resource("AWS::WAFv2::WebACL", Rules=[{"VisibilityConfig": {"CloudWatchMetricsEnabled": False}}]),
        resource("AWS::WAFv2::WebACL", Rules=[{"VisibilityConfig": {"CloudWatchMetricsEnabled": True}}]),
        {},
    ),
    ("EC2.2", resource(VPC), resource(VPC), {"Closed": resource("Custom::VpcRestrictDefaultSG")}),
    (
        "EC2.6",
        resource(VPC),
        resource(VPC),
        {"Log": resource("AWS::EC2::FlowLog", ResourceId={"Fn::GetAtt": ["Subject", "VpcId"]})},
    ),
    ("EC2.15", PUBLIC_SUBNET, resource("AWS::EC2::Subnet", MapPublicIpOnLaunch=False), {}),
    (
        "EC2.18",
        resource(GROUP, SecurityGroupIngress=[opened(8443, 8443)]),
        resource(GROUP, SecurityGroupIngress=[opened(443, 443), opened(8443, 8443, "10.0.0.0/8")]),
        {},
    ),
    ("EC2.18", resource(INGRESS, **opened(80, 443)), resource(INGRESS, **opened(80, 80)), {}),
    ("EC2.18", resource(INGRESS, **opened({"Ref": "Port"}, {"Ref": "Port"})), resource(INGRESS), {}),
    ("EC2.19", resource(INGRESS, **opened(0, 1024)), resource(INGRESS, **opened(8443, 8443)), {}),
    ("EC2.19", resource(GROUP, SecurityGroupIngress=[opened(None, None, protocol="-1")]), resource(GROUP), {}),
    (
        "EC2.25",
        resource(LAUNCH, LaunchTemplateData={"NetworkInterfaces": [{"AssociatePublicIpAddress": True}]}),
        resource(LAUNCH, LaunchTemplateData={"NetworkInterfaces": [{"AssociatePublicIpAddress": False}]}),
        {},
    ),
    ("EC2.55", resource(VPC), resource(VPC), {"Endpoint": endpoint("ecr.api")}),
    ("EC2.56", resource(VPC), resource(VPC), {"Endpoint": endpoint("ecr.dkr")}),
    (
        "EC2.170",
        resource(LAUNCH, LaunchTemplateData={"MetadataOptions": {"HttpTokens": "optional"}}),
        resource(LAUNCH, LaunchTemplateData={"MetadataOptions": {"HttpTokens": "required"}}),
        {},
    ),
    (
        "SQS.1",
        resource("AWS::SQS::Queue", SqsManagedSseEnabled=False),
        resource("AWS::SQS::Queue", SqsManagedSseEnabled=False, KmsMasterKeyId={"Ref": "Key"}),
        {},
    ),
    ("SQS.2", resource("AWS::SQS::Queue"), resource("AWS::SQS::Queue", Tags=TAGGED), {}),
    (
        "SQS.3",
        resource("AWS::SQS::QueuePolicy", PolicyDocument=policy({"AWS": "*"})),
        resource("AWS::SQS::QueuePolicy", PolicyDocument=policy("*", Condition={"Bool": {"a": "b"}})),
        {},
    ),
    (
        "SNS.4",
        resource("AWS::SNS::TopicPolicy", PolicyDocument=policy("*")),
        resource("AWS::SNS::TopicPolicy", PolicyDocument=policy({"Service": "cloudwatch.amazonaws.com"})),
        {},
    ),
    ("KMS.4", resource("AWS::KMS::Key"), resource("AWS::KMS::Key", EnableKeyRotation=True), {}),
    ("KMS.4", resource("AWS::KMS::Key"), resource("AWS::KMS::Key", KeySpec="RSA_2048"), {}),
    (
        "SecretsManager.1",
        resource("AWS::SecretsManager::Secret"),
        resource("AWS::SecretsManager::Secret"),
        {"Rotation": resource("AWS::SecretsManager::RotationSchedule", SecretId={"Ref": "Subject"})},
    ),
    ("CloudWatch.16", resource("AWS::Logs::LogGroup", RetentionInDays=90), resource("AWS::Logs::LogGroup"), {}),
    (
        "CloudWatch.16",
        resource("AWS::Logs::LogGroup", RetentionInDays={"Ref": "Days"}),
        resource("AWS::Logs::LogGroup", RetentionInDays=365),
        {},
    ),
    (
        "S3.2",
        resource("AWS::S3::BucketPolicy", PolicyDocument=policy("*")),
        resource("AWS::S3::BucketPolicy", PolicyDocument=policy({"AWS": "arn:aws:iam::1:root"})),
        {},
    ),
    (
        "S3.3",
        resource("AWS::S3::BucketPolicy", PolicyDocument=policy("*")),
        resource("AWS::S3::BucketPolicy", PolicyDocument=policy("*", Action=["s3:GetObject", "s3:ListBucket"])),
        {},
    ),
    (
        "S3.3",
        resource("AWS::S3::BucketPolicy", PolicyDocument=policy("*", Action=["s3:GetObject", "s3:PutObject"])),
        resource("AWS::S3::BucketPolicy", PolicyDocument=policy({"AWS": "arn:aws:iam::1:root"})),
        {},
    ),
    (
        "S3.3",
        resource("AWS::S3::BucketPolicy", PolicyDocument=NOT_ACTION),
        resource("AWS::S3::BucketPolicy", PolicyDocument=policy("*", Effect="Deny")),
        {},
    ),
    (
        "S3.5",
        resource(BUCKET),
        resource(BUCKET),
        {"Policy": resource("AWS::S3::BucketPolicy", Bucket={"Ref": "Subject"}, PolicyDocument=DENIES_HTTP)},
    ),
    (
        "S3.8",
        resource(BUCKET, PublicAccessBlockConfiguration={"BlockPublicAcls": True}),
        resource(
            BUCKET,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
        ),
        {},
    ),
    ("S3.9", resource(BUCKET), resource(BUCKET, LoggingConfiguration={}), {}),
    ("EFS.1", resource(FILES), resource(FILES, Encrypted=True), {}),
    (
        "EFS.2",
        resource(FILES),
        resource(FILES),
        {
            "Selection": resource(
                "AWS::Backup::BackupSelection",
                BackupSelection={"Resources": [{"Fn::GetAtt": ["Subject", "Arn"]}]},
            )
        },
    ),
    ("EFS.3", resource(POINT, RootDirectory={"Path": "/"}), resource(POINT, RootDirectory={"Path": "/data"}), {}),
    ("EFS.4", resource(POINT), resource(POINT, PosixUser={"Uid": "999"}), {}),
    ("EFS.7", resource(FILES), resource(FILES, BackupPolicy={"Status": "ENABLED"}), {}),
    ("EFS.8", resource(FILES, Encrypted=False), resource(FILES, Encrypted=True), {}),
    ("DynamoDB.1", resource(TABLE), resource(TABLE, BillingMode="PAY_PER_REQUEST"), {}),
    (
        "DynamoDB.2",
        resource(TABLE),
        resource(TABLE, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}),
        {},
    ),
    (
        "DynamoDB.4",
        resource(TABLE),
        resource(TABLE),
        {"Selection": resource("AWS::Backup::BackupSelection", BackupSelection={"Resources": [{"Ref": "Subject"}]})},
    ),
    ("DynamoDB.6", resource(TABLE), resource(TABLE, DeletionProtectionEnabled=True), {}),
    ("MQ.2", broker("ActiveMQ", Logs={"General": True}), broker("ActiveMQ", Logs={"Audit": True}), {}),
    ("MQ.2", broker("ACTIVEMQ", Logs={"Audit": False}), broker("RabbitMQ", Logs={"General": True}), {}),
    ("MQ.3", broker("RabbitMQ", AutoMinorVersionUpgrade=False), broker("RabbitMQ", AutoMinorVersionUpgrade=True), {}),
    ("MQ.4", broker("RabbitMQ", Tags=OF_AWS), broker("RabbitMQ", Tags=TAGGED), {}),
    (
        "MQ.5",
        broker("ActiveMQ", DeploymentMode="SINGLE_INSTANCE"),
        broker("ActiveMQ", DeploymentMode="ACTIVE_STANDBY_MULTI_AZ"),
        {},
    ),
    ("MQ.5", broker("ActiveMQ"), broker("RabbitMQ", DeploymentMode="SINGLE_INSTANCE"), {}),
    (
        "MQ.6",
        broker("RabbitMQ", DeploymentMode="SINGLE_INSTANCE"),
        broker("RABBITMQ", DeploymentMode="CLUSTER_MULTI_AZ"),
        {},
    ),
    ("MQ.6", broker("RabbitMQ"), broker("ActiveMQ", DeploymentMode="SINGLE_INSTANCE"), {}),
]


def stack(subject: Json, beside: Json, name: str = "shop") -> StackTemplate:
    return StackTemplate(
        environment="prod",
        stack_name=name,
        target="aws://unknown-account/unknown-region",
        template={"Resources": {"Subject": subject, **beside}},
        size=0,
        folder=Path("cdk.out"),
        metadata=None,
    )


def broken(*stacks: StackTemplate) -> set[str]:
    return {one.control_id for one in broken_controls(stacks) if one.logical_id == "Subject"}


@pytest.mark.parametrize(("control", "breaks", "meets", "beside"), CASES, ids=[case[0] for case in CASES])
def test_a_control_tells_what_breaks_it_from_what_meets_it(
    control: str, breaks: Json, meets: Json, beside: Json
) -> None:
    assert control in broken(stack(breaks, {}))
    assert control not in broken(stack(meets, beside))


def test_a_mount_target_in_a_public_subnet_is_found() -> None:
    target = resource("AWS::EFS::MountTarget", SubnetId={"Ref": "Subnet"})

    assert broken(stack(target, {"Subnet": PUBLIC_SUBNET})) == {"EFS.6"}
    assert broken(stack(target, {"Subnet": resource("AWS::EC2::Subnet")})) == set()


def test_every_control_has_a_case() -> None:
    assert {case[0] for case in CASES} | {"EFS.6"} == set(SECURITY_HUB_CONTROLS)


def test_what_stands_in_another_stack_belongs_to_nothing_here() -> None:
    log = resource("AWS::EC2::FlowLog", ResourceId={"Ref": "Subject"})

    assert "EC2.6" in broken(stack(resource(VPC), {}), stack(log, {}, name="other"))


def test_a_broken_control_says_where() -> None:
    [found] = broken_controls(
        [
            stack(
                resource(
                    REPOSITORY,
                    ImageTagMutability="IMMUTABLE",
                    LifecyclePolicy={"LifecyclePolicyText": "{}"},
                    ImageScanningConfiguration={"ScanOnPush": True},
                ),
                {},
            )
        ]
    )

    assert (found.control_id, found.environment, found.stack_name, found.logical_id, found.resource_type) == (
        "ECR.5",
        "prod",
        "shop",
        "Subject",
        REPOSITORY,
    )
    assert found.requires == "a KMS key of the customer"
