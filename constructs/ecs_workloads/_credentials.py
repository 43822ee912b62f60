"""A secret whose key the task may use as well."""

from __future__ import annotations

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager


def credential(secret: secretsmanager.ISecret, field: str | None = None) -> ecs.Secret:
    """Return ``secret``, or one field of it, as a variable of a container."""
    key = secret.encryption_key
    plain = ecs.Secret.from_secrets_manager(secret, field)
    return plain if key is None else _SecretUnderKey(plain, key)


class _SecretUnderKey(ecs.Secret):
    """Grants the key itself: ``ISecret.grant_read`` tries the key's policy alone, which an imported key has not."""

    def __init__(self, secret: ecs.Secret, key: kms.IKey) -> None:
        super().__init__()
        self._secret = secret
        self._key = key

    @property
    def arn(self) -> str:
        return self._secret.arn

    @property
    def has_field(self) -> bool | None:
        return self._secret.has_field

    def grant_read(self, grantee: iam.IGrantable) -> iam.Grant:
        self._key.grant_decrypt(grantee)
        return self._secret.grant_read(grantee)
