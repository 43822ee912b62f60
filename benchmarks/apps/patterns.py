"""The nearest that ``aws_ecs_patterns`` offers: ``environment`` is a web, an app and a worker; a number, workers."""

import os
import sys
from pathlib import Path

# Counts only when it is set before the first import of aws_cdk.
os.environ["CDK_VALIDATION"] = "false"

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_ecs_patterns as patterns

_IMAGES = Path(__file__).resolve().parents[2] / "images"
_WORKERS_IN_A_STACK = 20


def main(what: str) -> None:
    """Synthesise ``what``."""
    app = cdk.App(analytics_reporting=False)
    platform = cdk.Stack(app, "Platform", env=cdk.Environment(region="eu-west-1"))
    vpc = ec2.Vpc(platform, "Vpc", max_azs=2)
    cluster = ecs.Cluster(platform, "Cluster", vpc=vpc)
    if what == "environment":
        _environment(app, cluster)
    else:
        _workers(app, cluster, int(what))
    app.synth()


def _environment(app: cdk.App, cluster: ecs.ICluster) -> None:
    stack = cdk.Stack(app, "Application", env=cdk.Environment(region="eu-west-1"))
    for name, is_public in (("Web", True), ("App", False)):
        patterns.ApplicationLoadBalancedFargateService(
            stack,
            name,
            cluster=cluster,
            public_load_balancer=is_public,
            task_image_options=patterns.ApplicationLoadBalancedTaskImageOptions(
                image=_image(name.lower()), container_port=8080
            ),
        )
    patterns.QueueProcessingFargateService(stack, "Worker", cluster=cluster, image=_image("worker"))


def _image(name: str) -> ecs.ContainerImage:
    return ecs.ContainerImage.from_asset(str(_IMAGES / name))


def _workers(app: cdk.App, cluster: ecs.ICluster, number: int) -> None:
    image = ecs.ContainerImage.from_registry("example.com/worker:1.0.0")
    for first in range(0, number, _WORKERS_IN_A_STACK):
        stack = cdk.Stack(app, f"Workers{first}", env=cdk.Environment(region="eu-west-1"))
        for index in range(first, min(first + _WORKERS_IN_A_STACK, number)):
            patterns.QueueProcessingFargateService(stack, f"Worker{index}", cluster=cluster, image=image)


main(sys.argv[1])
