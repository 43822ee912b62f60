"""An application with plain L2 constructs, none of ours: the target is for any CDK app."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_logs as logs
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as scheduler_targets
from aws_cdk import aws_secretsmanager as secretsmanager

PROGRAM = Path(__file__).parent / "programs" / "echo"

Extra = Callable[[cdk.Stack], object]


def synthesize(
    folder: Path,
    *,
    name: str = "Echo",
    variables: Mapping[str, str] | None = None,
    version: str = "1",
    count: int = 1,
    cpu: int = 256,
    image: ecs.ContainerImage | None = None,
    extra: Extra | None = None,
) -> Path:
    """Synthesise a load-balanced web service into ``folder`` and return it."""
    app = cdk.App(outdir=str(folder), analytics_reporting=False)
    stack = cdk.Stack(app, name)
    subnets = [ec2.SubnetConfiguration(name="Public", subnet_type=ec2.SubnetType.PUBLIC)]
    vpc = ec2.Vpc(stack, "Vpc", max_azs=2, nat_gateways=0, subnet_configuration=subnets)
    cluster = ecs.Cluster(stack, "Cluster", vpc=vpc)
    definition = ecs.FargateTaskDefinition(stack, "Task", cpu=cpu, memory_limit_mib=2 * cpu)
    secret = secretsmanager.Secret(
        stack,
        "Secret",
        generate_secret_string=secretsmanager.SecretStringGenerator(exclude_punctuation=True, password_length=20),
    )
    container = definition.add_container(
        "echo",
        image=image or ecs.ContainerImage.from_asset(str(PROGRAM), build_args={"VERSION": version}),
        environment={"GREETING": "hello", **(variables or {})},
        secrets={"PASSWORD": ecs.Secret.from_secrets_manager(cast("secretsmanager.ISecret", secret))},
        port_mappings=[ecs.PortMapping(container_port=8080)],
        readonly_root_filesystem=True,
        logging=ecs.LogDriver.aws_logs(
            stream_prefix="echo", log_group=logs.LogGroup(stack, "Logs", removal_policy=cdk.RemovalPolicy.DESTROY)
        ),
        stop_timeout=cdk.Duration.seconds(5),
    )
    definition.add_volume(name="scratch")
    container.add_mount_points(ecs.MountPoint(source_volume="scratch", container_path="/scratch", read_only=False))
    service = ecs.FargateService(
        stack,
        "Service",
        cluster=cluster,
        task_definition=definition,
        desired_count=count,
        assign_public_ip=True,
        min_healthy_percent=100,
        circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
    )
    balancer = elbv2.ApplicationLoadBalancer(stack, "Balancer", vpc=vpc, internet_facing=True)
    listener = balancer.add_listener("Listener", port=80)
    listener.add_targets(
        "Targets",
        port=8080,
        protocol=elbv2.ApplicationProtocol.HTTP,
        targets=[service],
        deregistration_delay=cdk.Duration.seconds(10),
    )
    if extra is not None:
        extra(stack)
    app.synth()
    return folder


def add_https(stack: cdk.Stack) -> None:
    """Add a listener for HTTPS beside one that redirects to it."""
    balancer = next(each for each in stack.node.children if isinstance(each, elbv2.ApplicationLoadBalancer))
    certificate = elbv2.ListenerCertificate.from_arn("arn:aws:acm:us-east-1:000000000000:certificate/echo")
    balancer.add_listener(
        "Secure",
        port=443,
        certificates=[certificate],
        default_action=elbv2.ListenerAction.fixed_response(200, message_body="safe"),
    )
    balancer.add_redirect(source_port=81, target_port=443, target_protocol=elbv2.ApplicationProtocol.HTTPS)


def add_job(stack: cdk.Stack) -> ecs.FargateTaskDefinition:
    """Add a task definition that ends with exit code 7."""
    job = ecs.FargateTaskDefinition(stack, "Job", family="nightly")
    job.add_container(
        "job",
        image=ecs.ContainerImage.from_asset(str(PROGRAM)),
        command=["python", "-c", "import sys; print('the job ran'); sys.exit(7)"],
        logging=ecs.LogDriver.aws_logs(
            stream_prefix="job", log_group=logs.LogGroup(stack, "JobLogs", log_group_name="/job")
        ),
    )
    return job


def add_schedule(stack: cdk.Stack) -> None:
    """Run the job every minute."""
    cluster = next(each for each in stack.node.children if isinstance(each, ecs.Cluster))
    target = scheduler_targets.EcsRunFargateTask(
        cluster,
        task_definition=add_job(stack),
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
        assign_public_ip=True,
    )
    scheduler.Schedule(
        stack,
        "Schedule",
        schedule=scheduler.ScheduleExpression.cron(),
        target=cast("scheduler.IScheduleTarget", target),
    )


_ASK = """
import pathlib, urllib.request
pathlib.Path("/in-memory/file").write_text("kept")
print("its neighbour says", urllib.request.urlopen("http://localhost:9000/word", timeout=5).read().decode())
"""
# It takes a while until it serves, and does not want to end.
_SERVE = """
import http.server, pathlib, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path("/scratch/word").write_text("hello")
time.sleep(1)
handler = lambda *words: http.server.SimpleHTTPRequestHandler(*words, directory="/scratch")
http.server.HTTPServer(("127.0.0.1", 9000), handler).serve_forever()
"""
_IS_SERVED = "import urllib.request as u; u.urlopen('http://localhost:9000/word', timeout=3)"


def add_pair(stack: cdk.Stack) -> None:
    """Add a task of two containers: one waits until the other is healthy and asks it; that one ignores SIGTERM."""
    pair = ecs.FargateTaskDefinition(stack, "Pair", family="pair")
    pair.add_volume(name="scratch")
    image = ecs.ContainerImage.from_asset(str(PROGRAM))
    served = pair.add_container(
        "served",
        image=image,
        user="0",
        command=["python", "-c", _SERVE],
        health_check=ecs.HealthCheck(command=["CMD", "python", "-c", _IS_SERVED]),
        stop_timeout=cdk.Duration.seconds(2),
    )
    served.add_mount_points(ecs.MountPoint(source_volume="scratch", container_path="/scratch", read_only=False))
    asking = pair.add_container(
        "asking",
        image=image,
        command=["python", "-c", _ASK],
        readonly_root_filesystem=True,
        logging=ecs.LogDriver.aws_logs(stream_prefix="pair"),
    )
    asking.add_container_dependencies(
        ecs.ContainerDependency(container=served, condition=ecs.ContainerDependencyCondition.HEALTHY)
    )
    # On Fargate there is no tmpfs, on the other launch types there is.
    made = cast("ecs.CfnTaskDefinition", pair.node.default_child)
    tmpfs = [{"ContainerPath": "/in-memory", "Size": 16}]
    made.add_property_override("ContainerDefinitions.1.LinuxParameters", {"InitProcessEnabled": True, "Tmpfs": tmpfs})


def add_all(stack: cdk.Stack) -> None:
    """Add a listener for HTTPS, a job, a schedule that runs it, and a task of two containers."""
    add_https(stack)
    add_schedule(stack)
    add_pair(stack)


def add_disk(stack: cdk.Stack) -> None:
    """Give each task a volume of EBS at ``/data``, and let the program run as root, to whom it belongs."""
    service = cast("ecs.FargateService", stack.node.find_child("Service"))
    definition = service.task_definition
    disk = ecs.ServiceManagedVolume(
        stack,
        "Disk",
        name="disk",
        managed_ebs_volume=ecs.ServiceManagedEBSVolumeConfiguration(size=cdk.Size.gibibytes(1)),
    )
    service.add_volume(disk)
    definition.add_volume(name=disk.name, configured_at_launch=True)
    container = definition.default_container
    assert container is not None
    disk.mount_in(container, container_path="/data", read_only=False)
    made = cast("ecs.CfnTaskDefinition", definition.node.default_child)
    made.add_property_override("ContainerDefinitions.0.User", "0")
