"""Which tiers a double was given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam


class GrantedTiers:
    """The tiers, or roles, that got a permission: ``assert web in orders.senders``."""

    def __init__(self) -> None:
        self._principals: list[Mapping[str, Any]] = []

    def add(self, grantee: iam.IGrantable) -> None:
        """Note one more."""
        self._principals.append(_principal(grantee))

    def __contains__(self, grantee: iam.IGrantable) -> bool:
        """Tell whether ``grantee`` got the permission."""
        return _principal(grantee) in self._principals

    def __len__(self) -> int:
        """Return how often the permission was given."""
        return len(self._principals)


class ConnectedTiers:
    """The tiers to which the network was opened: ``assert web in orders.peers``."""

    def __init__(self) -> None:
        self._groups: list[list[str]] = []

    def add(self, peer: ec2.IConnectable) -> None:
        """Note one more."""
        self._groups.append(_groups(peer))

    def __contains__(self, peer: ec2.IConnectable) -> bool:
        """Tell whether the network was opened to ``peer``."""
        return _groups(peer) in self._groups

    def __len__(self) -> int:
        """Return how often the network was opened."""
        return len(self._groups)


# jsii makes a new Python object at each look, so that what is behind them is compared.
def _principal(grantee: iam.IGrantable) -> Mapping[str, Any]:
    return grantee.grant_principal.policy_fragment.principal_json


def _groups(peer: ec2.IConnectable) -> list[str]:
    return [f"{group.stack.node.addr}/{group.node.path}" for group in peer.connections.security_groups]
