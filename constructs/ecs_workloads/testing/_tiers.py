"""Which tiers a double was given."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam


class GrantedTiers:
    """The tiers, or roles, that got a permission: ``assert web in orders.senders``."""

    def __init__(self) -> None:
        self._principals: list[iam.IPrincipal] = []

    def add(self, grantee: iam.IGrantable) -> None:
        """Note one more."""
        self._principals.append(grantee.grant_principal)

    def __contains__(self, grantee: iam.IGrantable) -> bool:
        """Tell whether ``grantee`` got the permission."""
        return any(one is grantee.grant_principal for one in self._principals)

    def __len__(self) -> int:
        """Return how often the permission was given."""
        return len(self._principals)


class ConnectedTiers:
    """The tiers to which the network was opened: ``assert web in orders.peers``."""

    def __init__(self) -> None:
        self._connections: list[ec2.Connections] = []

    def add(self, peer: ec2.IConnectable) -> None:
        """Note one more."""
        self._connections.append(peer.connections)

    def __contains__(self, peer: ec2.IConnectable) -> bool:
        """Tell whether the network was opened to ``peer``."""
        return any(one is peer.connections for one in self._connections)

    def __len__(self) -> int:
        """Return how often the network was opened."""
        return len(self._connections)
