"""People who log in before they reach a web server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from aws_cdk import SecretValue
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import check_time, duration, is_token, require
from ecs_workloads.listener_authentication import check_url


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class OidcAuthentication:
    """The load balancer sends people without a session to an identity provider of OpenID Connect.

    The tasks get who it is in signed headers, and must verify the signature.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html

    Args:
        issuer: The provider's issuer.
        authorization_endpoint: Where people log in.
        token_endpoint: Where the load balancer gets a token for them.
        user_info_endpoint: Where it asks who they are.
        client_id: Id of this web server at the provider.
        client_secret: Its secret, as ``SecretValue.secrets_manager`` or ``cfn_parameter`` returns it: a reference, so
            that it is never in the template. CloudFormation takes no ``ssm_secure`` for a listener.
            https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-ssm-secure-strings.html
        scope: What to ask the provider for.
        session_timeout: Time after which people log in again, one second to seven days.

    Raises:
        ValueError: An address is no HTTPS URL, the secret is plain text, or the time is out of its range.
        TypeError: An argument is of another kind.
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    user_info_endpoint: str
    client_id: str
    client_secret: SecretValue
    scope: str = "openid"
    session_timeout: timedelta = timedelta(hours=12)

    def __post_init__(self) -> None:
        subject = "OidcAuthentication"
        for name in ("issuer", "authorization_endpoint", "token_endpoint", "user_info_endpoint"):
            check_url(subject, name, getattr(self, name))
        secret = self.client_secret.unsafe_unwrap()
        require(
            is_token(secret) or secret.startswith("{{resolve:"),
            subject,
            "client_secret must be a reference, such as SecretValue.secrets_manager(...): plain text would be in the "
            "template",
        )
        check_time(subject, "session_timeout", self.session_timeout, timedelta(seconds=1), timedelta(days=7))

    def action(self, following: elbv2.ListenerAction) -> elbv2.ListenerAction:
        """Return the check, which lets who is logged in go on to ``following``."""
        return elbv2.ListenerAction.authenticate_oidc(
            issuer=self.issuer,
            authorization_endpoint=self.authorization_endpoint,
            token_endpoint=self.token_endpoint,
            user_info_endpoint=self.user_info_endpoint,
            client_id=self.client_id,
            client_secret=self.client_secret,
            scope=self.scope,
            session_timeout=duration(self.session_timeout),
            allow_https_outbound=False,  # the web server opens the way, for every kind of authentication
            next=following,
        )
