"""Secrets of a broker, and secrets whose key the task may use as well."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from ecs_workloads._accepted_findings import accept_findings


def generated_secret(
    scope: Construct,
    construct_id: str,
    encryption_key: kms.IKey | None,
    removal_policy: RemovalPolicy,
    *,
    template: str | None = None,
    key: str | None = None,
) -> secretsmanager.ISecret:
    """Make a secret of a broker; what generates it must never change, since that would generate it anew."""
    secret = secretsmanager.Secret(
        scope,
        construct_id,
        encryption_key=encryption_key,
        removal_policy=removal_policy,
        generate_secret_string=secretsmanager.SecretStringGenerator(
            secret_string_template=template,
            generate_string_key=key,
            exclude_punctuation=True,
            password_length=32,
        ),
    )
    accept_findings(secret, "broker secret")
    return secret  # pyright: ignore[reportReturnType]  # jsii#4541


def credential(secret: secretsmanager.ISecret, field: str | None = None) -> ecs.Secret:
    """Return ``secret``, or one field of it, as a variable of a container."""
    return _Credential(secret, field)


class _Credential(ecs.Secret):
    """Grants secret and key in the policy of the task's execution role alone.

    ``ISecret.grant_read`` writes the role into the policy of the key. For a key of another stack that makes the
    two stacks depend on each other in a circle, and for an imported key it does nothing.
    """

    def __init__(self, secret: secretsmanager.ISecret, field: str | None) -> None:
        super().__init__()
        self._secret = secret
        self._variable = ecs.Secret.from_secrets_manager(secret, field)

    @property
    def arn(self) -> str:
        return self._variable.arn

    @property
    def has_field(self) -> bool | None:
        return self._variable.has_field

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        if self._secret.encryption_key is not None:
            self._secret.encryption_key.grant_decrypt(grantee)
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
            # A secret known by name alone has an ARN without the six characters that Secrets Manager appends.
            resource_arns=[self._secret.secret_full_arn or f"{self._secret.secret_arn}-??????"],
        )
