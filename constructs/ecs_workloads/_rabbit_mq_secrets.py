"""The secrets that all nodes of a broker have."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from ecs_workloads._credentials import credential, generated_secret

# The name is older than the users of queues, and data that was made with it still knows it.
ADMINISTRATOR = ("application", "BROKER_ADMINISTRATOR")
"""The administrator, and the variable with the password."""


class BrokerSecrets:
    """The administrator's credentials, the cookie by which nodes know each other, and a certificate if there is one."""

    def __init__(
        self,
        broker: Construct,
        *,
        certificate: secretsmanager.ISecret | None,
        encryption_key: kms.IKey | None,
        removal_policy: RemovalPolicy,
    ) -> None:
        secret = partial(generated_secret, broker, encryption_key=encryption_key, removal_policy=removal_policy)
        self.credentials = secret("Credentials", template='{"username": "application"}', key="password")
        self._cookie = secret("ErlangCookie")
        self._certificate = certificate

    @property
    def of_a_node(self) -> Mapping[str, ecs.Secret]:
        """The variables of a node that hold them."""
        found = {
            "RABBITMQ_ERLANG_COOKIE": credential(self._cookie),
            ADMINISTRATOR[1]: credential(self.credentials, "password"),
        }
        if self._certificate is not None:
            found["BROKER_TLS_CERTIFICATE"] = credential(self._certificate, "certificate")
            found["BROKER_TLS_PRIVATE_KEY"] = credential(self._certificate, "private_key")
        return found
