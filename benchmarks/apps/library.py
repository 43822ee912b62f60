"""A CDK app made of this library: ``environment`` is the shop's dev environment, a number is that many workers."""

import os
import sys
from datetime import timedelta

# Counts only when it is set before the first import of aws_cdk.
os.environ["CDK_VALIDATION"] = "false"

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs

from ecs_workloads import BacklogPerTask, Container, ContainerCluster, Scaling, SqsQueue, Worker
from stacks.deployment import Deployment
from stacks.environments import DEV

_WORKERS_IN_A_STACK = 20


def main(what: str) -> None:
    """Synthesise ``what``."""
    app = cdk.App(analytics_reporting=False)
    if what == "environment":
        Deployment(app, "Shop", environment=DEV)
    else:
        _workers(app, int(what))
    app.synth()


def _workers(app: cdk.App, number: int) -> None:
    environment = cdk.Environment(region="eu-west-1")
    platform = cdk.Stack(app, "Platform", env=environment)
    cluster = ContainerCluster(platform, "Cluster", vpc=ec2.Vpc(platform, "Vpc", max_azs=2)).cluster
    container = Container(image=ecs.ContainerImage.from_registry("example.com/worker:1.0.0"))
    backlog = BacklogPerTask(acceptable_latency=timedelta(minutes=5), processing_time=timedelta(seconds=2))
    scaling = Scaling(min_capacity=1, max_capacity=2, policies=(backlog,))
    for first in range(0, number, _WORKERS_IN_A_STACK):
        stack = cdk.Stack(app, f"Workers{first}", env=environment)
        for index in range(first, min(first + _WORKERS_IN_A_STACK, number)):
            queue = SqsQueue(stack, f"Queue{index}", longest_processing_time=timedelta(minutes=2))
            Worker(stack, f"Worker{index}", cluster=cluster, container=container, queue=queue, scaling=scaling)


main(sys.argv[1])
