"""Controls of AWS Security Hub on queues, topics, keys, secrets, logs, buckets, file systems and tables.

https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-controls-reference.html
"""

from __future__ import annotations

from ecs_workloads.checks._control import Control, Resources, TemplateResource, for_everybody, is_tagged, names

_QUEUE = "AWS::SQS::Queue"
_BUCKET = "AWS::S3::Bucket"
_FILE_SYSTEM = "AWS::EFS::FileSystem"
_ACCESS_POINT = "AWS::EFS::AccessPoint"
_TABLE = "AWS::DynamoDB::Table"
_PUBLIC_ACCESS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
_SHORTEST_RETENTION_IN_DAYS = 365
_READS = ("s3:get", "s3:list")


def _encrypts_messages(queue: TemplateResource, _: Resources) -> bool:
    # Encrypted with a key of SQS where nothing is said.
    return queue.properties.get("SqsManagedSseEnabled") is not False or "KmsMasterKeyId" in queue.properties


def _is_private(policy: TemplateResource, _: Resources) -> bool:
    return not any(for_everybody(policy.properties.get("PolicyDocument", {})))


def _is_read_only(policy: TemplateResource, _: Resources) -> bool:
    actions = for_everybody(policy.properties.get("PolicyDocument", {}))
    return all(action.lower().startswith(_READS) for action in actions)


def _rotates_key(key: TemplateResource, _: Resources) -> bool:
    is_symmetric = key.properties.get("KeySpec", "SYMMETRIC_DEFAULT") == "SYMMETRIC_DEFAULT"
    return not is_symmetric or key.properties.get("EnableKeyRotation") is True


def _rotates_secret(secret: TemplateResource, resources: Resources) -> bool:
    return resources.refers("AWS::SecretsManager::RotationSchedule", "SecretId", secret)


def _keeps_logs(group: TemplateResource, _: Resources) -> bool:
    days = group.properties.get("RetentionInDays")
    # Kept for ever where nothing is said.
    return days is None or (isinstance(days, int) and days >= _SHORTEST_RETENTION_IN_DAYS)


def _blocks_public_access(bucket: TemplateResource, _: Resources) -> bool:
    settings = bucket.properties.get("PublicAccessBlockConfiguration", {})
    return all(settings.get(one) is True for one in _PUBLIC_ACCESS)


def _asks_for_tls(bucket: TemplateResource, resources: Resources) -> bool:
    return any(
        statement.get("Effect") == "Deny"
        and statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport") in ("false", False)
        for policy in resources.of_type("AWS::S3::BucketPolicy")
        if policy.stack_name == bucket.stack_name and names(policy.properties.get("Bucket"), bucket.logical_id)
        for statement in policy.properties.get("PolicyDocument", {}).get("Statement", [])
    )


def _logs_access(bucket: TemplateResource, _: Resources) -> bool:
    return "LoggingConfiguration" in bucket.properties


def _is_encrypted(file_system: TemplateResource, _: Resources) -> bool:
    return file_system.properties.get("Encrypted") is True


def _is_in_backup_plan(resource: TemplateResource, resources: Resources) -> bool:
    return resources.refers("AWS::Backup::BackupSelection", "BackupSelection", resource)


def _is_in_private_subnet(target: TemplateResource, resources: Resources) -> bool:
    # A subnet of another stack is a parameter here, which nothing tells apart.
    return not any(
        subnet.properties.get("MapPublicIpOnLaunch") is True
        and subnet.stack_name == target.stack_name
        and names(target.properties.get("SubnetId"), subnet.logical_id)
        for subnet in resources.of_type("AWS::EC2::Subnet")
    )


def _has_root_of_its_own(point: TemplateResource, _: Resources) -> bool:
    return bool(point.properties.get("RootDirectory", {}).get("Path", "/") != "/")


def _has_user(point: TemplateResource, _: Resources) -> bool:
    return "PosixUser" in point.properties


def _backs_up(file_system: TemplateResource, _: Resources) -> bool:
    return bool(file_system.properties.get("BackupPolicy", {}).get("Status") == "ENABLED")


def _scales(table: TemplateResource, resources: Resources) -> bool:
    return table.properties.get("BillingMode") == "PAY_PER_REQUEST" or resources.refers(
        "AWS::ApplicationAutoScaling::ScalableTarget", "ResourceId", table
    )


def _recovers(table: TemplateResource, _: Resources) -> bool:
    return table.properties.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled") is True


def _is_protected(table: TemplateResource, _: Resources) -> bool:
    return table.properties.get("DeletionProtectionEnabled") is True


DATA_CONTROLS = tuple(
    Control(control_id=control_id, resource_type=resource_type, requires=requires, is_met=is_met)
    for control_id, resource_type, requires, is_met in (
        ("SQS.1", _QUEUE, "encryption", _encrypts_messages),
        ("SQS.2", _QUEUE, "a tag", is_tagged),
        ("SQS.3", "AWS::SQS::QueuePolicy", "a policy that does not let everybody in", _is_private),
        ("SNS.4", "AWS::SNS::TopicPolicy", "a policy that does not let everybody in", _is_private),
        ("KMS.4", "AWS::KMS::Key", "rotation", _rotates_key),
        ("SecretsManager.1", "AWS::SecretsManager::Secret", "rotation", _rotates_secret),
        ("CloudWatch.16", "AWS::Logs::LogGroup", "logs for a year", _keeps_logs),
        ("S3.2", "AWS::S3::BucketPolicy", "a policy that does not let everybody in", _is_private),
        ("S3.3", "AWS::S3::BucketPolicy", "a policy that lets not everybody write", _is_read_only),
        ("S3.5", _BUCKET, "requests over TLS only", _asks_for_tls),
        ("S3.8", _BUCKET, "no public access", _blocks_public_access),
        ("S3.9", _BUCKET, "access logs", _logs_access),
        ("EFS.1", _FILE_SYSTEM, "encryption", _is_encrypted),
        ("EFS.2", _FILE_SYSTEM, "a backup plan", _is_in_backup_plan),
        ("EFS.3", _ACCESS_POINT, "a root directory of its own", _has_root_of_its_own),
        ("EFS.4", _ACCESS_POINT, "a user of its own", _has_user),
        ("EFS.6", "AWS::EFS::MountTarget", "no subnet that gives public addresses", _is_in_private_subnet),
        ("EFS.7", _FILE_SYSTEM, "automatic backups", _backs_up),
        ("EFS.8", _FILE_SYSTEM, "encryption", _is_encrypted),
        ("DynamoDB.1", _TABLE, "capacity that follows demand", _scales),
        ("DynamoDB.2", _TABLE, "point-in-time recovery", _recovers),
        ("DynamoDB.4", _TABLE, "a backup plan", _is_in_backup_plan),
        ("DynamoDB.6", _TABLE, "deletion protection", _is_protected),
    )
)
