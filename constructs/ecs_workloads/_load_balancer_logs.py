"""Where a load balancer writes who called it."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from ecs_workloads._accepted_findings import accept_findings
from ecs_workloads._checks import require

_ACCESS_PREFIX, _CONNECTION_PREFIX = "load-balancer", "connections"
_LOGS_KEPT = Duration.days(90)
_OVERWRITTEN_KEPT = Duration.days(1)


def check_log_bucket(path: str, bucket: s3.IBucket | None) -> None:
    """Refuse a bucket to which load balancers cannot write."""
    require(
        bucket is None or not _has_key(bucket),
        path,
        "log_bucket must be encrypted with the keys of S3, as s3.BucketEncryption.S3_MANAGED: load balancers write to "
        "no bucket with a key of KMS",
    )


def _has_key(bucket: s3.IBucket) -> bool:
    """Tell whether a bucket is known to be encrypted with a key of KMS, of the user or of AWS."""
    made = bucket.node.default_child
    encryption = Stack.of(made).resolve(made.bucket_encryption) if isinstance(made, s3.CfnBucket) else None
    return bucket.encryption_key is not None or "aws:kms" in str(encryption)


def write_logs(scope: Construct, load_balancer: elbv2.ApplicationLoadBalancer, bucket: s3.IBucket | None) -> None:
    """Write access and connection logs, as ``log_access_logs`` would if it did not need to know the region.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-connection-logging.html
    """
    target = bucket or _own_bucket(scope)
    stack = Stack.of(scope)
    allowed = target.add_to_resource_policy(
        iam.PolicyStatement(
            sid="AccessLogs",
            principals=[
                iam.ServicePrincipal(  # pyright: ignore[reportArgumentType]  # jsii#4541
                    "logdelivery.elasticloadbalancing.amazonaws.com"
                )
            ],
            actions=["s3:PutObject"],
            resources=[
                target.arn_for_objects(f"{prefix}/AWSLogs/{stack.account}/*")
                for prefix in (_CONNECTION_PREFIX, _ACCESS_PREFIX)  # in the order of aws_cdk's minimized policies
            ],
            conditions={
                "ArnLike": {
                    "aws:SourceArn": stack.format_arn(
                        service="elasticloadbalancing", resource="loadbalancer", resource_name="*"
                    )
                }
            },
        )
    )
    for kind, prefix in (("access", _ACCESS_PREFIX), ("connection", _CONNECTION_PREFIX)):
        load_balancer.set_attribute(f"{kind}_logs.s3.enabled", "true")
        load_balancer.set_attribute(f"{kind}_logs.s3.bucket", target.bucket_name)
        load_balancer.set_attribute(f"{kind}_logs.s3.prefix", prefix)
    if allowed.policy_dependable is not None:
        load_balancer.node.add_dependency(allowed.policy_dependable)


def _own_bucket(scope: Construct) -> s3.IBucket:
    bucket = _bucket(scope, "AccessLogs")
    _write_access(bucket, _bucket(scope, "AccessLogsAudit"))
    return bucket


def _bucket(scope: Construct, construct_id: str) -> s3.Bucket:
    bucket = s3.Bucket(
        scope,
        construct_id,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.S3_MANAGED,  # the only one that load balancers and S3 write logs to
        enforce_ssl=True,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        versioned=True,
        lifecycle_rules=[s3.LifecycleRule(expiration=_LOGS_KEPT, noncurrent_version_expiration=_OVERWRITTEN_KEPT)],
        removal_policy=RemovalPolicy.RETAIN,  # CloudFormation cannot delete a bucket with logs in it
    )
    accept_findings(bucket, "log bucket")
    return bucket


def _write_access(bucket: s3.Bucket, audit: s3.Bucket) -> None:
    """Write to ``audit`` who read or wrote ``bucket``: by a policy, whatever the feature flags of the app are.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
    """
    resource = bucket.node.default_child
    if not isinstance(resource, s3.CfnBucket):  # pragma: no cover - guards a fact of aws_cdk
        raise TypeError(f"{bucket.node.path}: aws_cdk no longer makes a CfnBucket")
    resource.logging_configuration = s3.CfnBucket.LoggingConfigurationProperty(
        destination_bucket_name=audit.bucket_name
    )
    audit.add_to_resource_policy(
        iam.PolicyStatement(
            sid="Audit",
            principals=[iam.ServicePrincipal("logging.s3.amazonaws.com")],  # pyright: ignore[reportArgumentType]  # jsii#4541
            actions=["s3:PutObject"],
            resources=[audit.arn_for_objects("*")],
            conditions={
                "ArnLike": {"aws:SourceArn": bucket.bucket_arn},
                "StringEquals": {"aws:SourceAccount": Stack.of(bucket).account},
            },
        )
    )
