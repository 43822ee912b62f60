"""The command that opens a shell in a task."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ecs as ecs


def shell_command(cluster: ecs.ICluster, service: ecs.FargateService) -> str:
    """Return a command line that opens a shell in one of the service's tasks."""
    place = f"--cluster {cluster.cluster_name} --region {cdk.Stack.of(service).region}"
    task = f"aws ecs list-tasks {place} --service-name {service.service_name} --query 'taskArns[0]' --output text"
    return f'aws ecs execute-command {place} --task "$({task})" --container main --interactive --command /bin/sh'
