"""The registry layer: the repositories of the images. It is deployed, and pushed to, before all that runs."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from ecs_workloads import ImageRepository
from stacks.environments import APPLICATION, IMAGES, Environment
from stacks.layer_key import layer_key, removal_policy


def repository_name(environment: Environment, image: str) -> str:
    """Return the name by which the repository of ``image`` is found."""
    return f"{APPLICATION}/{environment.name}/{image}"


class RegistryStack(cdk.Stack):
    """One repository for each image."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(scope, construct_id, termination_protection=environment.protected)
        key = layer_key(self, environment)
        images = [*IMAGES, *(["queue"] if environment.queue == "rabbitmq" else [])]
        for image in images:
            repository = ImageRepository(
                self,
                image.title(),
                repository_name=repository_name(environment, image),
                encryption_key=key,
                removal_policy=removal_policy(environment),
            )
            cdk.CfnOutput(self, f"{image.title()}RepositoryUri", value=repository.repository.repository_uri)
