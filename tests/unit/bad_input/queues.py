"""Rules of queues, of brokers, and of the tiers that consume them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_servicediscovery as servicediscovery
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from ecs_workloads import (
    ArrivalRate,
    CapacityShare,
    EphemeralNode,
    FluentBit,
    MessageQueue,
    NodeCluster,
    RabbitMqCollector,
    Scaling,
    SqsQueue,
)
from tests.unit.bad_input.row import FRACTION, IMAGE, Bench, Row

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


def _import_fifo(at: Bench) -> MessageQueue:
    arn = "arn:aws:sqs:eu-west-1:111111111111:orders"
    return SqsQueue.from_queue(
        sqs.Queue.from_queue_arn(at.stack, "Imported", f"{arn}.fifo"),
        longest_processing_time=timedelta(minutes=1),
        dead_letter_queue=sqs.Queue.from_queue_arn(at.stack, "Dead", arn),
    )


def _subscribe(at: Bench, *, fifo: bool = False, region: str = "eu-west-1", **arguments: Any) -> None:
    arn = f"arn:aws:sns:{region}:111111111111:sales{'.fifo' if fifo else ''}"
    topic = sns.Topic.from_topic_arn(at.stack, "Sales", arn)
    defaults: dict[str, Any] = {"construct_id": "Sales", "topic": topic}
    at.queue().subscribe_to(**{**defaults, **arguments})


def _subscribe_elsewhere(at: Bench) -> None:
    stack = cdk.Stack(at.stack, "Paris", env=cdk.Environment(region="eu-west-3"))
    topic = sns.Topic.from_topic_arn(stack, "Sales", "arn:aws:sns:eu-west-1:111111111111:sales")
    queue = SqsQueue(stack, "Queue", longest_processing_time=timedelta(minutes=1))
    queue.subscribe_to("Sales", topic=topic)


def _subscribe_twice(at: Bench, first: str, second: str) -> None:
    queue, topic = at.queue(), sns.Topic(at.stack, "Sales")
    queue.subscribe_to(first, topic=topic)
    queue.subscribe_to(second, topic=topic if first != second else sns.Topic(at.stack, "Other"))


def _values(count: int, length: int = 1) -> sns.SubscriptionFilter:
    return sns.SubscriptionFilter.string_filter(allowlist=[str(value).rjust(length, "x") for value in range(count)])


def _nested(levels: int, count: int) -> sns.FilterOrPolicy:
    inner: sns.FilterOrPolicy = sns.FilterOrPolicy.filter(_values(count))
    for _ in range(levels):
        inner = sns.FilterOrPolicy.policy({"of": inner})
    return inner


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
        "dead letters that are gone before the messages",
        "Stack/Queue",
        "dead_letter_retention_period must be longer than retention_period=4 days, since the clock of a message goes "
        "on, got 4 days",
        lambda at: at.queue(dead_letter_retention_period=timedelta(days=4)),
    ),
    Row(
        "dead letters for 15 days",
        "Stack/Queue",
        "dead_letter_retention_period must be from 1 minute to 14 days, got 15 days",
        lambda at: at.queue(dead_letter_retention_period=timedelta(days=15)),
    ),
    Row(
        "dead letters for half a minute",
        "Stack/Queue",
        "dead_letter_retention_period must be from 1 minute to 14 days, got 30 seconds",
        lambda at: at.queue(dead_letter_retention_period=timedelta(seconds=30)),
    ),
    Row(
        "dead letters for half seconds",
        "Stack/Queue",
        "dead_letter_retention_period must be a whole number of seconds, got",
        lambda at: at.queue(dead_letter_retention_period=timedelta(days=5) + FRACTION),
    ),
    Row(
        "a message that is gone before it has failed",
        "Stack/Queue",
        "retention_period=4 days must be longer than max_receive_count=50 times the visibility_timeout of 12 hours, ",
        lambda at: at.queue(longest_processing_time=timedelta(hours=8), max_receive_count=50),
    ),
    Row(
        "a FIFO queue without the suffix",
        "Stack/Queue",
        "queue_name of a FIFO queue must end in .fifo, got 'orders'",
        lambda at: at.queue(queue_name="orders", fifo=True),
    ),
    Row(
        "a FIFO queue's name of 81 letters",
        "Stack/Queue",
        "queue_name must be up to 75 letters, digits, hyphens and underscores and then .fifo, got 'qqq",
        lambda at: at.queue(queue_name="q" * 76 + ".fifo", fifo=True),
    ),
    Row(
        "a standard queue with the suffix of FIFO queues",
        "Stack/Queue",
        "queue_name must be up to 80 letters, digits, hyphens and underscores; .fifo is for fifo=True, got 'ord",
        lambda at: at.queue(queue_name="orders.fifo"),
    ),
    Row(
        "a standard dead-letter queue of a FIFO queue",
        "Stack/Imported",
        "the dead-letter queue of a FIFO queue is FIFO, and that of a standard queue is standard",
        _import_fifo,
    ),
    Row(
        "a FIFO topic for a standard queue",
        "Stack/Queue",
        "a FIFO queue and a FIFO topic go together: the queue has fifo=False, and the topic fifo=True",
        lambda at: _subscribe(at, fifo=True),
        leaves=True,
    ),
    Row(
        "a topic of another region",
        "Stack/Paris/Queue",
        "the topic is in eu-west-1 and the queue in eu-west-3: SNS keeps what it cannot deliver only in its own region",
        _subscribe_elsewhere,
    ),
    Row(
        "a subscription whose name is none",
        "Stack/Queue",
        "a name in subscribe_to must be letters, digits and hyphens, beginning with a letter, got '1'",
        lambda at: _subscribe(at, construct_id="1"),
        leaves=True,
    ),
    Row(
        "a subscription's name used twice",
        "Stack/Queue",
        "there is a subscription 'Sales' already",
        lambda at: _subscribe_twice(at, "Sales", "Sales"),
        leaves=True,
    ),
    Row(
        "two subscriptions to one topic",
        "Stack/Queue",
        "the queue is subscribed to this topic already, as 'Sales'",
        lambda at: _subscribe_twice(at, "Sales", "Refunds"),
        leaves=True,
    ),
    Row(
        "a filter by attributes and by body",
        "Stack/Queue",
        "a subscription has filter_policy or filter_policy_with_message_body, not both",
        lambda at: _subscribe(
            at, filter_policy={"a": _values(1)}, filter_policy_with_message_body={"a": _nested(0, 1)}
        ),
        leaves=True,
    ),
    Row(
        "a filter of nothing",
        "Stack/Queue",
        "filter_policy names no key: leave it out to get every message",
        lambda at: _subscribe(at, filter_policy={}),
        leaves=True,
    ),
    Row(
        "a filter without values",
        "Stack/Queue",
        "filter_policy_with_message_body: 'of' has no values, so that no message would match",
        lambda at: _subscribe(at, filter_policy_with_message_body={"a": _nested(1, 0)}),
        leaves=True,
    ),
    Row(
        "a filter of six keys",
        "Stack/Queue",
        "filter_policy must name at most 5 keys with values, got 6",
        lambda at: _subscribe(at, filter_policy={key: _values(1) for key in "abcdef"}),
        leaves=True,
    ),
    Row(
        "a filter too deep for its values",
        "Stack/Queue",
        "filter_policy_with_message_body must have at most 150 combinations, which are the values of each key times "
        "its level of nesting, multiplied, got 216",
        lambda at: _subscribe(
            at,
            filter_policy_with_message_body={"a": _nested(2, 4), "b": _nested(1, 3), "c": _nested(0, 3)},
        ),
        leaves=True,
    ),
    Row(
        "a filter of 300 kB",
        "Stack/Queue",
        "filter_policy must have at most 262144 bytes as JSON, got 300",
        lambda at: _subscribe(at, filter_policy={"a": _values(100, 3000)}),
        leaves=True,
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
        "a mean time above the longest",
        "Stack/Worker",
        "ArrivalRate: the mean processing_time=121 seconds is above the longest of the queue, 2 minutes",
        lambda at: at.worker(
            scaling=Scaling(max_capacity=2, policies=(ArrivalRate(processing_time=timedelta(seconds=121)),))
        ),
    ),
    Row(
        "a wait that no message outlives",
        "Stack/Worker",
        "BacklogPerTask: acceptable_latency=5 minutes must be below the retention_period of the queue, 5 minutes, ",
        lambda at: at.backlog_worker(
            at.queue(
                longest_processing_time=timedelta(seconds=20),
                max_receive_count=2,
                retention_period=timedelta(minutes=5),
            )
        ),
    ),
    Row(
        "a backlog that is measured elsewhere",
        "Stack/Worker",
        "BacklogPerTask does not see the metrics of a queue in us-east-1 of account 222222222222: scale on "
        "TargetCpu(), or run the worker where its queue is",
        lambda at: at.backlog_worker(at.distant_queue()),
    ),
    Row(
        "dead letters that are measured elsewhere",
        "Stack/Distant",
        "the queue is in us-east-1 of account 222222222222, where alarms of this stack do not see its "
        "dead_letter_queue",
        lambda at: at.distant_queue(dead_letter_queue=at.queue().dead_letter_queue),
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
        "a broker that scales",
        "Stack/Broker",
        "max_capacity of a broker's node must be 0 or 1, since two tasks on one data directory lose messages, got 2",
        lambda at: at.broker().service.auto_scale_task_count(min_capacity=1, max_capacity=2),
        leaves=True,
    ),
    Row(
        "a broker that scales to what nobody knows",
        "Stack/Broker",
        "max_capacity must be known now: a node of a broker has one task",
        lambda at: at.broker().service.auto_scale_task_count(max_capacity=at.number),
        leaves=True,
    ),
    Row(
        "a broker's version that floats",
        "Stack/Broker",
        "version must be a full version such as 4.2.1, got '4.2'",
        lambda at: at.broker(version="4.2"),
    ),
    Row(
        "a broker of RabbitMQ 3",
        "Stack/Broker",
        "version must be one of RabbitMQ 4, got 3.13.7",
        lambda at: at.broker(version="3.13.7"),
    ),
    Row(
        "an upgrade of a version that floats",
        "Stack/Broker",
        "upgrade_from must be a full version such as 4.2.1, got 'latest'",
        lambda at: at.broker(upgrade_from="latest"),
    ),
    Row(
        "an upgrade that skips a minor version",
        "Stack/Broker",
        "RabbitMQ skips no minor version: from upgrade_from=4.0.5 go to 4.1 before 4.2.1",
        lambda at: at.broker(upgrade_from="4.0.5"),
    ),
    Row(
        "an upgrade that goes back",
        "Stack/Broker",
        "a broker cannot go back from upgrade_from=4.3.0 to version=4.2.1",
        lambda at: at.broker(upgrade_from="4.3.0"),
    ),
    Row(
        "an image of another version",
        "Stack/Broker",
        "the image's tag is '4.2', and version=4.2.1: choose a tag that begins with the full version",
        lambda at: at.broker(image=ecs.ContainerImage.from_registry("example.com/rabbitmq:4.2")),
        leaves=True,
    ),
    Row(
        "an image with another user",
        "Stack/Broker",
        "the image must not be of Alpine, whose user is another, got '4.2.1-alpine'",
        lambda at: at.broker(image=ecs.ContainerImage.from_registry("example.com/rabbitmq:4.2.1-alpine")),
        leaves=True,
    ),
    Row(
        "a broker that its collector would starve",
        "Stack/Broker",
        "memory_limit_mib=1024 must leave 768 MiB to the broker, and its sidecars may take 300",
        lambda at: at.broker(memory_limit_mib=1024, collector=RabbitMqCollector(memory_limit_mib=300)),
    ),
    Row(
        "a collector of a size that nobody knows",
        "RabbitMqCollector",
        "memory_limit_mib must be known now: the broker is configured for what it leaves",
        lambda at: RabbitMqCollector(memory_limit_mib=at.number),
    ),
    Row(
        "a broker beside what nobody knows",
        "Stack/Broker",
        "memory_limit_mib of each sidecar must be known now: the broker is configured for what they leave",
        lambda at: at.broker(sidecars=[FluentBit(image=IMAGE, options={"Name": "null"}, memory_limit_mib=at.number)]),
    ),
    Row(
        "nodes that may not reach each other",
        "Stack/Broker",
        "none of security_groups takes the rules by which the nodes of a NodeCluster reach each other: import one",
        lambda at: at.broker(
            cluster=at.cluster_in_three_zones, grade=NodeCluster(), security_groups=[at.immutable_group]
        ),
        leaves=True,
    ),
    Row(
        "a cluster of nodes in two zones",
        "Stack/Broker",
        "a NodeCluster needs subnets in 3 zones, got 2: with fewer, one zone holds the majority",
        lambda at: at.broker(grade=NodeCluster()),
    ),
    Row(
        "a protected broker that forgets",
        "Stack/Broker",
        "an EphemeralNode loses all messages with its task, and the stack has termination protection: use a NodeC",
        lambda at: at.protected_broker(grade=EphemeralNode()),
    ),
    Row(
        "one copy in a protected stack",
        "Stack/Broker",
        "a quorum queue on one node has one copy, and the stack has termination protection: use a NodeCluster, which",
        lambda at: at.protected_broker(),
    ),
    Row(
        "a broker with two log routers",
        "Stack/Broker",
        "only one sidecar may route the logs, got 2",
        lambda at: at.broker(sidecars=[FluentBit(image=IMAGE, options={"Name": "null"})] * 2),
    ),
    Row(
        "a declared queue with a name for a shell",
        "Stack/Broker",
        "a queue's name must be 1 to 200 letters, digits, dots, hyphens and underscores",
        lambda at: at.broker_queue("orders$(id)"),
        leaves=True,
    ),
    Row(
        "a declared queue of dead letters",
        "Stack/Broker",
        "queues that end in '.dead-letters' are made for the others, got 'orders.dead-letters'",
        lambda at: at.broker_queue("orders.dead-letters"),
        leaves=True,
    ),
    Row(
        "a declared queue that nobody knows",
        "Stack/Broker",
        "a queue's name must be known now: the broker is configured for it",
        lambda at: at.broker_queue(at.text),
        leaves=True,
    ),
    Row(
        "one queue declared twice",
        "Stack/Broker",
        "queue 'orders' is declared already: keep what queue() returned, and give it to each tier",
        lambda at: (at.broker_queue(), at.broker_queue()),
        leaves=True,
    ),
    Row(
        "more queues than a task definition holds",
        "Stack/Broker",
        "a task definition may have 65536 bytes, and with 'orders-3",
        lambda at: [at.broker_queue(f"orders-{number}") for number in range(40)],
        leaves=True,
    ),
    Row(
        "poison on a broker at once",
        "Stack/Broker",
        "delivery_limit must be from 1 to 1000, got 0",
        lambda at: at.broker_queue(delivery_limit=0),
        leaves=True,
    ),
    Row(
        "poison on a broker that nobody knows",
        "Stack/Broker",
        "delivery_limit must be known now: it is a part of a policy",
        lambda at: at.broker_queue(delivery_limit=at.number),
        leaves=True,
    ),
    Row(
        "poison on a broker that fails too often",
        "Stack/Broker",
        "delivery_limit must be from 1 to 1000, got 1001",
        lambda at: at.broker_queue(delivery_limit=1001),
        leaves=True,
    ),
    Row(
        "the service of three nodes",
        "Stack/Broker",
        "it has 3 nodes: say which, as in nodes[0].service",
        lambda at: at.broker(cluster=at.cluster_in_three_zones, grade=NodeCluster()).service,
        leaves=True,
    ),
    Row(
        "the file system of a broker that forgets",
        "Stack/Broker",
        "an EphemeralNode has no file system",
        lambda at: at.broker(grade=EphemeralNode()).file_system,
        leaves=True,
    ),
    Row(
        "the metrics of a broker that nothing measures",
        "Stack/Broker",
        "nothing measures it, as collector=None asks",
        lambda at: at.broker(collector=None).broker_metrics,
        leaves=True,
    ),
    Row(
        "a broker without a host",
        "RabbitMqQueue 'orders'",
        "host_names must name a node at least",
        lambda at: at.rabbit_queue(host_names=[]),
    ),
    Row(
        "a queue of another protocol",
        "RabbitMqQueue 'orders'",
        "scheme must be amqp or amqps, got 'mqtt'",
        lambda at: at.rabbit_queue(scheme="mqtt"),
    ),
    Row(
        "a consumer without credentials",
        "RabbitMqQueue 'orders'",
        "a tier uses it in a way that needs consumer_credentials, and it has none",
        lambda at: at.worker(queue=at.rabbit_queue(consumer_credentials=None)),
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
