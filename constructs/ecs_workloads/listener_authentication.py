"""Who may pass the listener of a web server."""

from __future__ import annotations

from typing import Protocol

from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from ecs_workloads._checks import check_name


class ListenerAuthentication(Protocol):
    """A check of each request before a task sees it: `OidcAuthentication`, `JwtAuthentication` or your own."""

    def action(self, following: elbv2.ListenerAction) -> elbv2.ListenerAction:
        """Return the check, which lets who passes it go on to ``following``."""
        ...


def check_url(subject: str, name: str, value: str) -> None:
    """Refuse what is no HTTPS URL; a token passes."""
    check_name(subject, name, value, r"https://[^\s/?#]+(/[^\s]*)?", "a URL with https://")
