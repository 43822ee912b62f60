"""Random valid combinations of arguments, synthesised with CloudFormation's own rules as errors.

A program of its own, since validation counts only when it is on before the first import of aws_cdk:
``python -m tests.compliance.combinations 260 1`` tries 260 combinations that follow from the seed 1.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import hypothesis
from aws_cdk import aws_amazonmq as amazonmq
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs
from hypothesis import strategies as st

from ecs_workloads import (
    AmazonMqBroker,
    AppServer,
    ArrivalRate,
    BacklogPerTask,
    CapacityShare,
    Container,
    ContainerCluster,
    Domain,
    DownstreamLimit,
    EbsVolume,
    EfsVolume,
    FluentBit,
    InternalLoadBalancer,
    JwtAuthentication,
    OpenTelemetryCollector,
    RabbitMqBroker,
    RequestsPerTarget,
    Scaling,
    Scheduled,
    ScratchVolume,
    SharedFileSystem,
    SqsQueue,
    TargetCpu,
    TargetMemory,
    TargetTimings,
    WebFirewall,
    WebServer,
    Worker,
    WritablePath,
)
from tests.stacks.assemblies import feature_flags

_IMAGE = ecs.ContainerImage.from_registry("example.com/shop:1.0.0")
_HEALTHY = ecs.HealthCheck(command=["CMD", "true"])
_DOMAIN = Domain(domain_name="shop.example.com", hosted_zone_id="Z0123456789EXAMPLE00", zone_name="example.com")
_FLAGS = feature_flags()
_SIZES = ((256, 1024), (512, 2048), (1024, 2048), (2048, 8192), (4096, 30720), (8192, 20480), (16384, 122880))
_Arguments = dict[str, Any]


def seconds(low: int, high: int) -> st.SearchStrategy[timedelta]:
    return st.integers(low, high).map(lambda value: timedelta(seconds=value))


def chosen(required: dict[str, st.SearchStrategy[Any]], **optional: st.SearchStrategy[Any]) -> Any:
    """Return arguments of which each optional one is there or not."""
    return st.fixed_dictionaries(required, optional=optional)


CONTAINERS: st.SearchStrategy[_Arguments] = chosen(
    {"size": st.sampled_from(_SIZES)},
    command=st.just(["python", "-m", "shop"]),
    entry_point=st.just(["/entry"]),
    working_directory=st.just("/srv"),
    environment=st.dictionaries(st.sampled_from(["LEVEL", "MODE", "REGION_NAME"]), st.text("abc", max_size=5)),
    secret=st.booleans(),
    cpu_architecture=st.sampled_from([ecs.CpuArchitecture.X86_64, ecs.CpuArchitecture.ARM64]),
    user=st.sampled_from(["1000", "1000:1000", "app"]),
    start_timeout=seconds(2, 120),
    stop_timeout=st.just(timedelta(seconds=120)),
    restart_attempt_period=seconds(60, 1800),
    ulimits=st.just([ecs.Ulimit(name=ecs.UlimitName.NOFILE, soft_limit=1024, hard_limit=4096)]),
    writable_paths=st.lists(st.sampled_from(["/a", "/b", "/c"]), unique=True).map(
        lambda paths: [WritablePath(container_path=path, size_mib=16) for path in paths]
    ),
    ephemeral_storage_gib=st.integers(21, 200),
    volumes=st.lists(st.sampled_from(["efs", "ebs", "scratch"]), unique=True),
)
POLICIES: st.SearchStrategy[list[Any]] = st.lists(
    st.sampled_from(
        [
            TargetCpu(target_utilization_percent=50),
            TargetMemory(),
            Scheduled(name="Noon", schedule="cron(0 12 * * ? *)", min_capacity=2, time_zone="Europe/Zurich"),
        ]
    ),
    unique_by=type,
    min_size=1,
)
BY_QUEUE: st.SearchStrategy[list[Any]] = st.lists(
    st.one_of(
        st.builds(
            BacklogPerTask,
            acceptable_latency=seconds(60, 3600),
            processing_time=seconds(1, 30),
            messages_at_once=st.integers(1, 10),
        ),
        st.builds(ArrivalRate, processing_time=seconds(1, 30)),
    ),
    unique_by=type,
    min_size=1,
).filter(lambda policies: any(isinstance(policy, BacklogPerTask) for policy in policies))
COMMON: dict[str, st.SearchStrategy[Any]] = {
    "sidecars": st.lists(st.sampled_from(["otel", "fluent-bit"]), unique=True),
    "suspended": st.booleans(),
    "capacity": st.sampled_from(
        [
            (CapacityShare.fargate(),),
            (CapacityShare.fargate_spot(),),
            (CapacityShare.fargate(base=1), CapacityShare.fargate_spot(weight=3)),
        ]
    ),
    "enable_execute_command": st.booleans(),
    "encryption_key": st.just("a key"),
    "removal_policy": st.sampled_from([cdk.RemovalPolicy.RETAIN, cdk.RemovalPolicy.DESTROY]),
}


def scaling(policies: st.SearchStrategy[list[Any]], *, lowest: int) -> st.SearchStrategy[Scaling]:
    return st.builds(
        Scaling,
        min_capacity=st.integers(lowest, 4),
        max_capacity=st.integers(5, 40),
        policies=policies,
        downstream=st.lists(
            st.just(DownstreamLimit(name="database", connections=1000, connections_per_task=4)), max_size=1
        ),
    )


TIMINGS: st.SearchStrategy[TargetTimings] = st.builds(
    TargetTimings,
    health_check_interval=seconds(6, 300),
    health_check_timeout=seconds(2, 5),
    healthy_threshold_count=st.integers(2, 10),
    unhealthy_threshold_count=st.integers(2, 10),
    slow_start=st.none() | seconds(30, 900),
    deregistration_delay=st.none() | seconds(110, 3600),
)
WEB: Any = chosen(
    {"container": CONTAINERS},
    scaling=scaling(
        st.lists(st.builds(RequestsPerTarget, requests_per_minute=st.integers(1, 10_000)), max_size=1).flatmap(
            lambda first: POLICIES.map(lambda others: [*first, *others])
        ),
        lowest=1,
    ),
    plain=st.booleans(),
    redirect_http=st.booleans(),
    firewall=st.sampled_from([None, WebFirewall(), WebFirewall(requests_per_ip=None, counted_rules={})]),
    authentication=st.just(
        JwtAuthentication(issuer="https://id.example.com", jwks_endpoint="https://id.example.com/k")
    ),
    health_check_path=st.sampled_from(["/", "/healthz"]),
    health_check_port=st.integers(1, 65535),
    target_protocol=st.sampled_from([elbv2.ApplicationProtocol.HTTP, elbv2.ApplicationProtocol.HTTPS]),
    protocol_version=st.sampled_from([elbv2.ApplicationProtocolVersion.HTTP1, elbv2.ApplicationProtocolVersion.HTTP2]),
    stickiness_cookie_duration=seconds(1, 604_800),
    longest_request=seconds(1, 110),
    startup_time=seconds(0, 3600),
    timings=TIMINGS,
    deletion_protection=st.booleans(),
    max_failed_percent=st.none() | st.floats(0.5, 100),
    **COMMON,
)
APP: Any = chosen(
    {"container": CONTAINERS},
    scaling=scaling(POLICIES, lowest=1),
    internal=st.builds(InternalLoadBalancer, startup_time=seconds(0, 3600), timings=TIMINGS),
    access_logs=st.booleans(),
    app_protocol=st.sampled_from([ecs.AppProtocol("http"), ecs.AppProtocol("http2"), ecs.AppProtocol("grpc")]),
    longest_request=seconds(1, 110),
    **COMMON,
)
WORKER: Any = chosen(
    {"container": CONTAINERS, "scaling": scaling(BY_QUEUE, lowest=0), "fifo": st.booleans()},
    longest_processing_time=seconds(30, 8 * 3600),
    max_receive_count=st.integers(1, 1000),
    **COMMON,
)
BROKER: Any = chosen(
    {"size": st.sampled_from([size for size in _SIZES if size[0] >= 512])},
    suspended=st.booleans(),
    enable_execute_command=st.booleans(),
    encryption_key=st.just("a key"),
)
MANAGED: Any = chosen(
    {"instance": st.sampled_from([("4.2", "mq.m7g.large"), ("4.2", None), ("3.13", "mq.m5.large")])},
    deployment_mode=st.sampled_from(["CLUSTER_MULTI_AZ", "SINGLE_INSTANCE"]),
    maintenance_window=st.builds(
        amazonmq.CfnBroker.MaintenanceWindowProperty,
        day_of_week=st.sampled_from(["MONDAY", "SUNDAY"]),
        time_of_day=st.sampled_from(["00:00", "23:59"]),
        time_zone=st.just("UTC"),
    ),
    encryption_key=st.just("a key"),
    removal_policy=st.sampled_from([cdk.RemovalPolicy.RETAIN, cdk.RemovalPolicy.DESTROY]),
)


class Shop:
    """A stack in which one tier is built from random arguments."""

    def __init__(self) -> None:
        self.app = cdk.App(context=_FLAGS, analytics_reporting=False)
        self.stack = cdk.Stack(self.app, "Shop", env=cdk.Environment(region="eu-west-1"))
        self.cluster = ContainerCluster(self.stack, "Cluster", vpc=ec2.Vpc(self.stack, "Vpc", nat_gateways=1)).cluster

    def web(self, arguments: _Arguments) -> None:
        plain = arguments.pop("plain", False)
        if plain:
            arguments.pop("authentication", None)
            arguments.pop("protocol_version", None)
        entry: _Arguments = {"protocol": elbv2.ApplicationProtocol.HTTP} if plain else {"domain": _DOMAIN}
        WebServer(self.stack, "Web", **entry, **self._common(arguments, port=8080))

    def app_server(self, arguments: _Arguments) -> None:
        internal = arguments.pop("internal", None)
        if internal is not None:
            arguments.pop("app_protocol", None)
        entry: _Arguments = {"dns_name": "app"} if internal is None else {"internal_load_balancer": internal}
        AppServer(self.stack, "App", **entry, **self._common(arguments, port=8000, health_check=_HEALTHY))

    def worker(self, arguments: _Arguments) -> None:
        queue = SqsQueue(
            self.stack,
            "Orders",
            longest_processing_time=arguments.pop("longest_processing_time", timedelta(minutes=1)),
            max_receive_count=arguments.pop("max_receive_count", 5),
            fifo=arguments.pop("fifo"),
        )
        Worker(self.stack, "Worker", queue=queue, **self._common(arguments))

    def broker(self, arguments: _Arguments) -> None:
        cpu, memory = arguments.pop("size")
        if arguments.pop("encryption_key", None):
            arguments["encryption_key"] = kms.Key(self.stack, "Key")
        RabbitMqBroker(
            self.stack, "Broker", cluster=self.cluster, version="4.2.1", cpu=cpu, memory_limit_mib=memory, **arguments
        )

    def managed_broker(self, arguments: _Arguments) -> None:
        version, instance = arguments.pop("instance")
        if arguments.pop("encryption_key", None):
            arguments["encryption_key"] = kms.Key(self.stack, "Key")
        AmazonMqBroker(
            self.stack,
            "Broker",
            vpc=self.cluster.vpc,
            engine_version=version,
            host_instance_type=instance,
            **arguments,
        ).queue("orders", longest_processing_time=timedelta(minutes=1))

    def _common(self, arguments: _Arguments, **container: Any) -> _Arguments:
        if arguments.pop("encryption_key", None):
            arguments["encryption_key"] = kms.Key(self.stack, "Key")
        arguments["sidecars"] = [
            OpenTelemetryCollector(image=_IMAGE)
            if sidecar == "otel"
            else FluentBit(image=_IMAGE, options={"Name": "stdout"})
            for sidecar in arguments.pop("sidecars", ())
        ]
        arguments["container"] = self._container(dict(arguments["container"]), **container)
        return {"cluster": self.cluster, **arguments}

    def _container(self, arguments: _Arguments, **container: Any) -> Container:
        cpu, memory = arguments.pop("size")
        secrets: dict[str, ecs.Secret] = {}
        if arguments.pop("secret", False):
            secret = secretsmanager.Secret(self.stack, "Password")
            secrets["PASSWORD"] = ecs.Secret.from_secrets_manager(secret)  # pyright: ignore[reportArgumentType]  # jsii#4541
        volumes = [self._volume(kind) for kind in arguments.pop("volumes", ())]
        return Container(
            image=_IMAGE,
            cpu=cpu,
            memory_limit_mib=memory,
            secrets=secrets,
            volumes=volumes,
            **arguments,
            **container,
        )

    def _volume(self, kind: str) -> EfsVolume | EbsVolume | ScratchVolume:
        if kind == "efs":
            files = SharedFileSystem(self.stack, "Files", vpc=self.cluster.vpc)
            folder = files.folder("Folder", path="/files")
            return EfsVolume(name="efs", container_path="/efs", access_point=folder)  # pyright: ignore[reportArgumentType]  # jsii#4541
        if kind == "ebs":
            return EbsVolume(name="ebs", container_path="/ebs", size_gib=100)
        return ScratchVolume(name="scratch", container_path="/scratch", image_declares_volume=True)


def check_template(template: dict[str, Any]) -> None:
    """Hold what every combination promises."""
    resources = template["Resources"].values()
    scaled = str([one["Properties"] for one in resources if one["Type"].endswith("::ScalableTarget")])
    for resource in resources:
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::ECS::TaskDefinition":
            for container in properties["ContainerDefinitions"]:
                assert container["ReadonlyRootFilesystem"] is True
                assert container["User"].split(":")[0] not in ("", "0", "root")
                assert container["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
                assert "LogConfiguration" in container
        if resource["Type"] == "AWS::ECS::Service":
            assert properties["DeploymentConfiguration"]["DeploymentCircuitBreaker"] == {
                "Enable": True,
                "Rollback": True,
            }
            assert ("DesiredCount" in properties) == (scaled == "[]")
            assert properties["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == "DISABLED"
        if resource["Type"] == "AWS::EC2::SecurityGroup":
            for rule in properties.get("SecurityGroupIngress", []):
                assert rule["FromPort"] in (80, 443)


def check_validation_is_on() -> None:
    """Fail when a broken rule would go unnoticed."""
    app = cdk.App(context=_FLAGS, analytics_reporting=False)
    sqs.CfnQueue(cdk.Stack(app, "Bad"), "Queue", visibility_timeout=99_999)
    try:
        app.synth()
    except RuntimeError:
        return
    raise SystemExit("validation is off: a queue with an impossible time was synthesised")


def tries(build: Callable[[Shop, _Arguments], None], tried: list[str]) -> Callable[[_Arguments], None]:
    """Return a test that builds one combination, and notes its template in ``tried``."""

    def check(arguments: _Arguments) -> None:
        shop = Shop()
        build(shop, dict(arguments))
        assembly = shop.app.synth()  # raises when a rule of CloudFormation is broken
        template = assembly.get_stack_by_name("Shop").template
        check_template(template)
        tried.append(json.dumps(template, sort_keys=True))

    return check


_TIERS: Sequence[tuple[Callable[[Shop, _Arguments], None], st.SearchStrategy[_Arguments], int]] = (
    (Shop.web, WEB, 8),
    (Shop.app_server, APP, 5),
    (Shop.worker, WORKER, 5),
    (Shop.broker, BROKER, 1),
    (Shop.managed_broker, MANAGED, 1),
)


def main(count: int, seed: int) -> None:
    """Try ``count`` combinations, a multiple of 20, that follow from ``seed``."""
    check_validation_is_on()
    tried: list[str] = []
    for build, strategy, share in _TIERS:
        test = hypothesis.given(strategy)(tries(build, tried))
        test = hypothesis.settings(
            max_examples=count * share // 20,
            deadline=None,
            database=None,
            suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.data_too_large],
            phases=[hypothesis.Phase.generate],
        )(test)
        hypothesis.seed(seed)(test)()
    sys.stdout.write(f"{len(tried)} combinations, {len(set(tried))} templates\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
