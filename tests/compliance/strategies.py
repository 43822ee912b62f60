"""Random valid arguments of each tier, before anything is made of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_amazonmq as amazonmq
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_logs as logs
from hypothesis import strategies as st

from ecs_workloads import (
    AlarmThresholds,
    ArrivalRate,
    BacklogPerTask,
    CapacityShare,
    DownstreamLimit,
    EphemeralNode,
    InternalLoadBalancer,
    JwtAuthentication,
    NodeCluster,
    OidcAuthentication,
    RabbitMqCollector,
    RequestsPerTarget,
    Scaling,
    Scheduled,
    SingleNode,
    TargetCpu,
    TargetMemory,
    TargetTimings,
    WebFirewall,
    WritablePath,
)

JWT = JwtAuthentication(issuer="https://id.example.com", jwks_endpoint="https://id.example.com/k")
OIDC = OidcAuthentication(
    issuer="https://id.example.com",
    authorization_endpoint="https://id.example.com/authorize",
    token_endpoint="https://id.example.com/token",
    user_info_endpoint="https://id.example.com/me",
    client_id="shop",
    client_secret=cdk.SecretValue.secrets_manager("shop/oidc"),
)
SIZES = ((256, 1024), (512, 2048), (1024, 2048), (2048, 8192), (4096, 30720), (8192, 20480), (16384, 122880))
Arguments = dict[str, Any]


def seconds(low: int, high: int) -> st.SearchStrategy[timedelta]:
    return st.integers(low, high).map(lambda value: timedelta(seconds=value))


def chosen(required: dict[str, st.SearchStrategy[Any]], **optional: st.SearchStrategy[Any]) -> Any:
    """Return arguments of which each optional one is there or not."""
    return st.fixed_dictionaries(required, optional=optional)


REPOSITORY: Any = chosen(
    {},
    pull_account_ids=st.just(["222222222222"]),
    release_tag_patterns=st.sampled_from([[], ["*.*.*"], ["v*", "release-*"]]),
    build_images=st.integers(1, 100),
    untagged_retention=st.integers(1, 100).map(lambda days: timedelta(days=days)),
    encryption_key=st.just("a key"),
)
CONTAINERS: st.SearchStrategy[Arguments] = chosen(
    {"size": st.sampled_from(SIZES)},
    command=st.just(["python", "-m", "shop"]),
    entry_point=st.just(["/entry"]),
    working_directory=st.just("/srv"),
    environment=st.dictionaries(st.sampled_from(["LEVEL", "MODE", "REGION_NAME"]), st.text("abc", max_size=5)),
    secret=st.sampled_from(["whole", "field", "version"]),
    image=st.sampled_from(["registry", "repository", "cache"]),
    repository=REPOSITORY,
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
THRESHOLDS: st.SearchStrategy[AlarmThresholds] = st.builds(
    AlarmThresholds,
    failed_responses=st.none() | st.floats(0.5, 100),
    slow_responses=st.none() | seconds(1, 3600),
    unhealthy_hosts=st.none() | st.integers(1, 5),
    no_running_task=st.none() | st.integers(1, 60).map(lambda minutes: timedelta(minutes=minutes)),
    high_cpu=st.none() | st.integers(1, 100),
    high_memory=st.none() | st.integers(1, 100),
    restarts=st.none() | st.integers(1, 15),
    oldest_message_age=st.sampled_from([None, "by_latency", timedelta(hours=1)]),
    dead_letters=st.none() | st.integers(1, 100),
)
CLOUDFRONT = [ec2.Peer.prefix_list("pl-1"), ec2.Peer.ipv6("::/0")]
WATCH: dict[str, st.SearchStrategy[Any]] = {"alarms": THRESHOLDS, "dashboard": st.booleans()}
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
    "removal_policy": st.sampled_from([cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, cdk.RemovalPolicy.DESTROY]),
}


def scaling(policies: st.SearchStrategy[list[Any]], *, lowest: int) -> st.SearchStrategy[Scaling]:
    return st.builds(
        Scaling,
        min_capacity=st.none() | st.integers(lowest, 4),
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
    entry=st.sampled_from(["domain", "certificate", "plain", "guest"]),
    rule=st.sampled_from(
        [
            {"host_headers": ["shop.example.com"]},
            {"path_patterns": ["/v2/*"]},
            {"http_headers": {"X-Version": ["2", "3"]}},
            {"host_headers": ["shop.example.com", "*.example.com"], "path_patterns": ["/a", "/b"]},
        ]
    ),
    priority=st.integers(1, 50_000),
    sources=st.sampled_from([[ec2.Peer.ipv4("10.0.0.0/8")], CLOUDFRONT]),
    ip_address_type=st.sampled_from([elbv2.IpAddressType.IPV4, elbv2.IpAddressType.DUAL_STACK]),
    log_bucket=st.just("a bucket"),
    redirect_http=st.booleans(),
    firewall=st.sampled_from([None, WebFirewall(), WebFirewall(requests_per_ip=None, counted_rules={})]),
    authentication=st.sampled_from([JWT, OIDC]),
    health_check_path=st.sampled_from(["/", "/healthz"]),
    health_check_port=st.integers(1, 65535),
    target_protocol=st.sampled_from([elbv2.ApplicationProtocol.HTTP, elbv2.ApplicationProtocol.HTTPS]),
    protocol_version=st.sampled_from([*elbv2.ApplicationProtocolVersion]),
    stickiness_cookie_duration=seconds(1, 604_800),
    longest_request=seconds(1, 110),
    startup_time=seconds(0, 3600),
    timings=TIMINGS,
    deletion_protection=st.booleans(),
    max_failed_percent=st.none() | st.floats(0.5, 100),
    **WATCH,
    **COMMON,
)
APP: Any = chosen(
    {"container": CONTAINERS},
    scaling=scaling(POLICIES, lowest=1),
    internal=st.builds(InternalLoadBalancer, startup_time=seconds(0, 3600), timings=TIMINGS),
    access_logs=st.booleans(),
    app_protocol=st.sampled_from([ecs.AppProtocol("http"), ecs.AppProtocol("http2"), ecs.AppProtocol("grpc")]),
    tls=st.booleans(),
    longest_request=seconds(1, 110),
    **WATCH,
    **COMMON,
)


def _within_retention(worker: Arguments) -> Arguments:
    """Let a message fail as often as was drawn within the four days for which it is kept, or less often."""
    held = worker.get("longest_processing_time", timedelta(minutes=1)) * 1.5
    most = (timedelta(days=4) - timedelta(seconds=1)) // held
    count = worker.get("max_receive_count")
    return worker if count is None else {**worker, "max_receive_count": 1 + (count - 1) % most}


WORKER: Any = chosen(
    {"container": CONTAINERS, "scaling": scaling(BY_QUEUE, lowest=0)},
    queue=st.sampled_from(["made", "encrypted", "fifo", "imported", "imported and encrypted"]),
    longest_processing_time=seconds(30, 8 * 3600),
    max_receive_count=st.integers(1, 1000),
    **WATCH,
    **COMMON,
).map(_within_retention)
COLLECTORS: st.SearchStrategy[RabbitMqCollector | None] = st.one_of(
    st.none(),
    st.builds(
        RabbitMqCollector,
        image=st.sampled_from([None, ecs.ContainerImage.from_registry("example.com/collector:1.0.0")]),
        memory_limit_mib=st.integers(64, 1024),
    ),
)
QUEUES: st.SearchStrategy[dict[str, Arguments]] = st.dictionaries(
    st.text("abc.-_", max_size=8).map("orders{}".format),
    chosen({"longest_processing_time": seconds(1, 1800)}, delivery_limit=st.integers(1, 1000)),
    max_size=3,
)
BROKER: Any = chosen(
    {
        "size": st.sampled_from([size for size in SIZES if size[0] >= 512]),
        "dns_name": st.text("abcdefgh", min_size=4, max_size=20),
        "grade": st.sampled_from([NodeCluster(), NodeCluster(), SingleNode(), EphemeralNode()]),
        "queues": QUEUES,
    },
    image=st.sampled_from(["example.com/rabbitmq:4.2.1-management", f"example.com/rabbitmq@sha256:{'0' * 64}"]),
    upgrade_from=st.sampled_from(["4.2.0", "4.1.8"]),
    collector=COLLECTORS,
    certificate=st.just("a secret"),
    capacity=st.just([CapacityShare.fargate()]),
    log_retention=st.sampled_from([logs.RetentionDays.ONE_WEEK, logs.RetentionDays.TEN_YEARS]),
    **{name: COMMON[name] for name in COMMON if name != "capacity"},
    **WATCH,
)
MANAGED: Any = chosen(
    {"instance": st.sampled_from([("4.2", "mq.m7g.large"), ("4.2", None), ("3.13", "mq.m5.large")])},
    deployment_mode=st.sampled_from(["CLUSTER_MULTI_AZ", "SINGLE_INSTANCE"]),
    maintenance_window=st.builds(
        amazonmq.CfnBroker.MaintenanceWindowProperty,
        day_of_week=st.sampled_from(["MONDAY", "SUNDAY"]),
        time_of_day=st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59)),
        time_zone=st.just("UTC"),
    ),
    encryption_key=st.just("a key"),
    removal_policy=st.sampled_from([cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE, cdk.RemovalPolicy.DESTROY]),
)
