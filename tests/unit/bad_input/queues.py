"""Rules of queues, of brokers, and of the tiers that consume them."""

from __future__ import annotations

from datetime import timedelta

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_servicediscovery as servicediscovery
from aws_cdk import aws_sqs as sqs

from ecs_workloads import ArrivalRate, CapacityShare, MessageQueue, Scaling, SqsQueue
from tests.unit.bad_input.row import FRACTION, Bench, Row

_SQS = "longest_processing_time must be from 1 second to 8 hours, got"
_RETENTION = "retention_period must be from 1 minute to 13 days, got"
_RABBIT = "longest_processing_time must be from 1 second to 30 minutes, got"


def _import(at: Bench, longest: timedelta) -> MessageQueue:
    queue = sqs.Queue.from_queue_arn(at.stack, "Imported", "arn:aws:sqs:eu-west-1:111111111111:orders")
    return SqsQueue.from_queue(queue, longest_processing_time=longest)


def _cluster_of_calls(at: Bench) -> ecs.Cluster:
    """Return a cluster whose namespace has no DNS."""
    at.plain_cluster.add_default_cloud_map_namespace(
        name="calls", type=servicediscovery.NamespaceType.HTTP, use_for_service_connect=True
    )
    return at.plain_cluster


ROWS = (
    Row("no processing time", "Stack/Queue", f"{_SQS} 0", lambda at: at.queue(longest_processing_time=timedelta(0))),
    Row("9 hours", "Stack/Queue", f"{_SQS} 9 hours", lambda at: at.queue(longest_processing_time=timedelta(hours=9))),
    Row(
        "a processing time of half seconds",
        "Stack/Queue",
        "longest_processing_time must be a whole number of seconds, got 60.5",
        lambda at: at.queue(longest_processing_time=timedelta(minutes=1) + FRACTION),
    ),
    Row(
        "no processing time of another's queue",
        "Stack/Imported",
        f"{_SQS} 0",
        lambda at: _import(at, timedelta(0)),
    ),
    Row(
        "9 hours of another's queue",
        "Stack/Imported",
        f"{_SQS} 9 hours",
        lambda at: _import(at, timedelta(hours=9)),
    ),
    Row(
        "half seconds of another's queue",
        "Stack/Imported",
        "longest_processing_time must be a whole number of seconds, got 60.5",
        lambda at: _import(at, timedelta(minutes=1) + FRACTION),
    ),
    Row(
        "poison at once",
        "Stack/Queue",
        "max_receive_count must be from 1 to 1000, got 0",
        lambda at: at.queue(max_receive_count=0),
    ),
    Row(
        "poison after 1001 receipts",
        "Stack/Queue",
        "max_receive_count must be from 1 to 1000, got 1001",
        lambda at: at.queue(max_receive_count=1001),
    ),
    Row(
        "negative retention",
        "Stack/Queue",
        f"{_RETENTION} -1 day",
        lambda at: at.queue(retention_period=timedelta(days=-1)),
    ),
    Row(
        "retention as long as the dead letters'",
        "Stack/Queue",
        f"{_RETENTION} 14 days",
        lambda at: at.queue(retention_period=timedelta(days=14)),
    ),
    Row(
        "retention of half seconds",
        "Stack/Queue",
        "retention_period must be a whole number of seconds, got 60.5",
        lambda at: at.queue(retention_period=timedelta(minutes=1) + FRACTION),
    ),
    Row(
        "deduplication without order",
        "Stack/Queue",
        "content_based_deduplication needs fifo=True",
        lambda at: at.queue(content_based_deduplication=True),
    ),
    Row(
        "a queue's prefix in small letters",
        "queue variables",
        "prefix must be upper-case letters, digits and underscores, got 'my-queue'",
        lambda at: at.sqs_queue.connection_environment("my-queue"),
    ),
    Row(
        "a worker's prefix in small letters",
        "Stack/Worker",
        "queue_prefix must be upper-case letters, digits and underscores, got 'my-queue'",
        lambda at: at.worker(queue_prefix="my-queue"),
    ),
    Row(
        "a sender's prefix in small letters",
        "Stack/Web",
        "prefix must be upper-case letters, digits and underscores, got 'my-queue'",
        lambda at: at.web().send_to(at.sqs_queue, prefix="my-queue"),
        leaves=True,
    ),
    Row(
        "a queue of aws_cdk",
        "Stack/Worker",
        "queue must be a MessageQueue, such as an SqsQueue, or SqsQueue.from_queue(...) of another, got",
        lambda at: at.worker(queue=at.queue().queue),
        error=TypeError,
    ),
    Row(
        "a mean time above the longest",
        "Stack/Worker",
        "ArrivalRate: the mean processing_time=121 seconds is above the longest of the queue, 2 minutes",
        lambda at: at.worker(
            scaling=Scaling(max_capacity=2, policies=(ArrivalRate(processing_time=timedelta(seconds=121)),))
        ),
    ),
    Row(
        "a worker that nobody says how to scale",
        "Stack/Worker",
        "say by what the worker scales: Scaling(..., policies=(BacklogPerTask(",
        lambda at: at.worker(scaling=Scaling(min_capacity=1, max_capacity=4)),
    ),
    Row(
        "a variable of its queue that the worker sets",
        "Stack/Worker",
        "environment variable 'QUEUE_URL' is already set; choose another than queue_prefix='QUEUE'",
        lambda at: at.worker(container=at.container(environment={"QUEUE_URL": "x"})),
    ),
    Row(
        "a queue without a name",
        "RabbitMqQueue ''",
        "name must have 1 to 255 bytes, got 0",
        lambda at: at.rabbit_queue(name=""),
    ),
    Row(
        "a queue's name too long in bytes",
        f"RabbitMqQueue '{'ü' * 128}'",
        "name must have 1 to 255 bytes, got 256",
        lambda at: at.rabbit_queue(name="ü" * 128),
    ),
    Row(
        "a queue of the broker's own",
        "RabbitMqQueue 'amq.orders'",
        "names that begin with 'amq.' belong to the broker",
        lambda at: at.rabbit_queue(name="amq.orders"),
    ),
    Row(
        "no processing time on a broker",
        "RabbitMqQueue 'orders'",
        f"{_RABBIT} 0",
        lambda at: at.rabbit_queue(longest_processing_time=timedelta(0)),
    ),
    Row(
        "31 minutes on a broker",
        "RabbitMqQueue 'orders'",
        f"{_RABBIT} 31 minutes",
        lambda at: at.rabbit_queue(longest_processing_time=timedelta(minutes=31)),
    ),
    Row(
        "half seconds on a broker",
        "RabbitMqQueue 'orders'",
        "longest_processing_time must be a whole number of seconds, got 60.5",
        lambda at: at.rabbit_queue(longest_processing_time=timedelta(minutes=1) + FRACTION),
    ),
    Row(
        "a broker's port 0",
        "RabbitMqQueue 'orders'",
        "port must be from 1 to 65535, got 0",
        lambda at: at.rabbit_queue(port=0),
    ),
    Row(
        "a broker's port 70000",
        "RabbitMqQueue 'orders'",
        "port must be from 1 to 65535, got 70000",
        lambda at: at.rabbit_queue(port=70000),
    ),
    Row(
        "a broker without a namespace",
        "Stack/Broker",
        "a broker needs a cluster with a private DNS namespace",
        lambda at: at.broker(cluster=at.plain_cluster),
    ),
    Row(
        "a broker in a namespace without DNS",
        "Stack/Broker",
        "a broker needs a cluster with a private DNS namespace",
        lambda at: at.broker(cluster=_cluster_of_calls(at)),
    ),
    Row(
        "a broker of a size that nobody knows",
        "Stack/Broker",
        "cpu must be known now: the broker is configured for it",
        lambda at: at.broker(cpu=at.number),
    ),
    Row("a slow broker", "Stack/Broker", "cpu must be at least 512, got 256", lambda at: at.broker(cpu=256)),
    Row(
        "a small broker",
        "Stack/Broker",
        "memory_limit_mib must be at least 1024, got 512",
        lambda at: at.broker(cpu=512, memory_limit_mib=512),
    ),
    Row(
        "Spot for a broker",
        "Stack/Broker",
        "a broker needs capacity that is never interrupted, got FARGATE_SPOT with interruptible=True",
        lambda at: at.broker(capacity=[CapacityShare.fargate_spot()]),
    ),
    Row(
        "a broker's name with an underscore",
        "Stack/Broker",
        "dns_name must be 1 to 63 lower-case letters, digits and hyphens, got 'Rabbit_MQ'",
        lambda at: at.broker(dns_name="Rabbit_MQ"),
    ),
    Row(
        "a broker with the name of an app server",
        "Stack/Broker",
        "Stack/App already bears dns_name='app'",
        lambda at: (at.app(), at.broker(dns_name="app")),
    ),
)
