"""Code as users write it. It is type-checked, never run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm

from ecs_workloads import (
    Alarms,
    AlarmThresholds,
    AppServer,
    ArrivalRate,
    BacklogPerTask,
    Capacity,
    CapacityShare,
    Container,
    ContainerCluster,
    Dashboard,
    Domain,
    ImageRepository,
    MessageQueue,
    RabbitMqBroker,
    RequestsPerTarget,
    ScalableService,
    Scaling,
    ScalingPolicy,
    Scheduled,
    SqsQueue,
    TargetCpu,
    TargetMemory,
    TierMetrics,
    WebServer,
    Worker,
    WritablePath,
)

stack = cdk.Stack()
token = ssm.StringParameter.from_secure_string_parameter_attributes(stack, "Token", parameter_name="token")


class Stream:
    """A queue that imports nothing of the library."""

    longest_processing_time: timedelta = timedelta(seconds=30)

    def connection_environment(self, prefix: str) -> Mapping[str, str]:
        return {f"{prefix}_URL": "nats://stream"}

    def producer_secrets(self, prefix: str) -> Mapping[str, ecs.Secret]:
        return {f"{prefix}_TOKEN": ecs.Secret.from_ssm_parameter(token)}

    def consumer_secrets(self, prefix: str) -> Mapping[str, ecs.Secret]:
        return {f"{prefix}_TOKEN": ecs.Secret.from_ssm_parameter(token)}

    def grant_send_messages(self, grantee: iam.IGrantable) -> None: ...

    def grant_consume_messages(self, grantee: iam.IGrantable) -> None: ...

    def allow_from(self, peer: ec2.IConnectable) -> None: ...

    def metric_messages_waiting(self) -> cloudwatch.IMetric | None:
        return None

    def metric_messages_in_flight(self) -> cloudwatch.IMetric | None:
        return None


class Sessions:
    """A scaling policy of a user."""

    def bind(self, service: ScalableService) -> None:
        service.tasks.scale_on_memory_utilization("Sessions", target_utilization_percent=50)


stream: MessageQueue = Stream()
sessions: ScalingPolicy = Sessions()

vpc = ec2.Vpc(stack, "Vpc")
cluster = ContainerCluster(stack, "Cluster", vpc=vpc, capacity=[Capacity.fargate(), Capacity.fargate_spot()])
image: ecs.ContainerImage = ImageRepository(stack, "Images").image("1.0.0")
container = Container(
    image=image,
    port=8080,
    health_check=ecs.HealthCheck(command=["CMD", "true"]),
    writable_paths=[WritablePath(container_path="/cache")],
)

orders = SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=2))
broker = RabbitMqBroker(stack, "Broker", cluster=cluster.cluster, version="4.3.6")
queues: list[MessageQueue] = [
    orders,
    broker.queue("orders", longest_processing_time=timedelta(minutes=2)),
    SqsQueue.from_queue(sqs.Queue(stack, "Queue"), longest_processing_time=timedelta(minutes=1)),
    stream,
]

app = AppServer(stack, "App", cluster=cluster.cluster, container=container, dns_name="app")
web = WebServer(
    stack,
    "Web",
    cluster=cluster.cluster,
    container=replace(container, environment={"APP_URL": app.url}),
    domain=Domain(domain_name="shop.example.com", hosted_zone_id="Z1", zone_name="example.com"),
    protocol=elbv2.ApplicationProtocol.HTTPS,
    scaling=Scaling(
        min_capacity=2,
        max_capacity=10,
        policies=(
            RequestsPerTarget(requests_per_minute=1000),
            TargetCpu(),
            TargetMemory(),
            Scheduled(name="Morning", schedule="cron(0 8 * * ? *)", min_capacity=4),
            sessions,
        ),
    ),
    capacity=[CapacityShare.fargate(base=2), CapacityShare.fargate_spot(weight=3)],
)
app.allow_from(web)
for index, queue in enumerate(queues):
    app.send_to(queue, prefix=f"QUEUE_{index}")

worker = Worker(
    stack,
    "Worker",
    cluster=ecs.Cluster(stack, "Own"),
    container=container,
    queue=orders,
    scaling=Scaling(
        max_capacity=20,
        policies=[
            BacklogPerTask(acceptable_latency=timedelta(minutes=5), processing_time=timedelta(seconds=2)),
            ArrivalRate(processing_time=timedelta(seconds=2)),
        ],
    ),
)
s3.Bucket(stack, "Bucket").grant_read(worker)
worker.connections.allow_to(app, ec2.Port.tcp(8080))
service: ecs.FargateService = worker.service

pager = sns.Topic.from_topic_arn(stack, "Pager", "arn:aws:sns:eu-west-1:111111111111:pager")
tiers: dict[str, TierMetrics] = {
    "Web": web.metrics,
    "App": app.metrics,
    "Worker": worker.metrics,
    "Broker": broker.metrics,
}
alarms = Alarms(
    stack,
    "Alarms",
    tiers=tiers,
    topics={"critical": [pager, sns.Topic(stack, "Mail")], "warning": []},
    thresholds=AlarmThresholds(high_cpu=95, slow_responses=None),
    tier_thresholds={"Worker": AlarmThresholds(oldest_message_age=timedelta(minutes=5))},
    severities={"dead_letters": "critical"},
)
Dashboard(stack, "Dashboard", tiers=tiers, alarms=alarms.alarms)
cpu: cloudwatch.Metric = web.metric_cpu_utilization()
failing: cloudwatch.Alarm = alarms.alarm("Web", "failed_responses")
