"""A check of requests that lets everybody pass."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_elasticloadbalancingv2 as elbv2


class ListenerAuthenticationDouble:
    """A `ListenerAuthentication` that asks nobody, and keeps what it was put before."""

    def __init__(self) -> None:
        self._guarded: list[elbv2.ListenerAction] = []

    @property
    def guarded(self) -> Sequence[elbv2.ListenerAction]:
        """The actions that nobody reaches without the check, in the order in which they were given."""
        return tuple(self._guarded)

    def action(self, following: elbv2.ListenerAction) -> elbv2.ListenerAction:
        """Keep ``following``, and return it."""
        self._guarded.append(following)
        return following
