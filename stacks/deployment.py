"""One environment."""

from __future__ import annotations

import itertools

import aws_cdk as cdk
from constructs import Construct

from stacks.accepted_findings import accept_findings
from stacks.application_stack import ApplicationStack
from stacks.data_stack import DataStack
from stacks.environments import APPLICATION, Environment
from stacks.network_stack import NetworkStack
from stacks.operations_stack import OperationsStack
from stacks.platform_stack import PlatformStack
from stacks.registry_stack import RegistryStack


class Deployment(cdk.Stage):
    """Every stack of one environment, in the order in which they are deployed."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(
            scope,
            construct_id,
            env=cdk.Environment(account=environment.account, region=environment.region),
        )
        layers: list[cdk.Stack] = [NetworkStack(self, "Network", environment=environment)]
        if environment.release is not None:
            layers.append(RegistryStack(self, "Registry", environment=environment))
        layers.append(PlatformStack(self, "Platform", environment=environment))
        layers.append(DataStack(self, "Data", environment=environment))
        layers.append(ApplicationStack(self, "Application", environment=environment))
        layers.append(OperationsStack(self, "Operations", environment=environment))
        for earlier, later in itertools.pairwise(layers):
            later.node.add_dependency(earlier)
        self.layers = tuple(layers)
        accept_findings(layers, environment)
        cdk.Tags.of(self).add("application", APPLICATION)
        cdk.Tags.of(self).add("environment", environment.name)
