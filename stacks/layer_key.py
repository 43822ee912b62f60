"""The key of one layer."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from stacks.environments import Environment


def layer_key(stack: cdk.Stack, environment: Environment) -> kms.IKey:
    """Return a key for everything that ``stack`` encrypts."""
    key = kms.Key(
        stack,
        "Key",
        description=f"{stack.stack_name}: what this layer keeps",
        enable_key_rotation=True,
        removal_policy=removal_policy(environment),
    )
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="LogGroups",
            principals=[
                iam.ServicePrincipal(f"logs.{stack.region}.amazonaws.com")  # pyright: ignore[reportArgumentType]  # jsii#4541
            ],
            actions=["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
            resources=["*"],
            conditions={
                "ArnLike": {
                    "kms:EncryptionContext:aws:logs:arn": stack.format_arn(
                        service="logs",
                        resource="log-group",
                        resource_name="*",
                        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
                    )
                }
            },
        )
    )
    return key  # pyright: ignore[reportReturnType]  # jsii#4541


def removal_policy(environment: Environment) -> cdk.RemovalPolicy:
    """Return what becomes of data when its resource leaves the template; a failed first deployment leaves nothing."""
    return cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if environment.protected else cdk.RemovalPolicy.DESTROY
