"""Programs that bring a token when they call a web server."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads.listener_authentication import check_url


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class JwtAuthentication:
    """The load balancer passes on only requests with a valid JSON web token of one issuer, and answers 401 to others.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-verify-jwt.html

    Args:
        issuer: Who must have issued the token.
        jwks_endpoint: Where the load balancer gets the issuer's public keys.

    Raises:
        ValueError: An address is no HTTPS URL.
        TypeError: An argument is of another kind.
    """

    issuer: str
    jwks_endpoint: str

    def __post_init__(self) -> None:
        for name in ("issuer", "jwks_endpoint"):
            check_url("JwtAuthentication", name, getattr(self, name))

    def action(self, following: elbv2.ListenerAction) -> elbv2.ListenerAction:
        """Return the check, which lets who has a valid token go on to ``following``."""
        return elbv2.ListenerAction.authenticate_jwt(
            issuer=self.issuer, jwks_endpoint=self.jwks_endpoint, next=following
        )
