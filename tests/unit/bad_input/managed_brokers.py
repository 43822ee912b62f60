"""Rules of brokers that Amazon MQ runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from aws_cdk import aws_amazonmq as amazonmq
from aws_cdk import aws_ec2 as ec2

from tests.unit.bad_input.row import FRACTION, Row

_ZONES = "a cluster has an address in one subnet of each of 2 zones or more, got"


def _broker(wrong: str, message: str, **arguments: Any) -> Row:
    return Row(wrong, "Stack/Managed", message, lambda at: at.managed_broker(**arguments))


def _queue(wrong: str, message: str, *, queue: str = "orders", **arguments: Any) -> Row:
    return Row(wrong, f"AmazonMqQueue {queue!r}", message, lambda at: at.managed_queue(**{"name": queue, **arguments}))


def _window(day: str = "SUNDAY", time: str = "03:00") -> amazonmq.CfnBroker.MaintenanceWindowProperty:
    return amazonmq.CfnBroker.MaintenanceWindowProperty(day_of_week=day, time_of_day=time, time_zone="UTC")


ROWS = (
    _broker(
        "a deployment mode of ActiveMQ",
        "deployment_mode must be one of CLUSTER_MULTI_AZ, SINGLE_INSTANCE, got 'ACTIVE_STANDBY_MULTI_AZ'",
        deployment_mode="ACTIVE_STANDBY_MULTI_AZ",
    ),
    _broker(
        "a version that Amazon MQ does not run",
        "engine_version must be one of 3.13, 4.2, 4.3, got '4.1' (did you mean '4.3'?)",
        engine_version="4.1",
    ),
    _broker(
        "an instance type of EC2",
        "host_instance_type must be an instance type, such as mq.m7g.large, got 'm7g.large'",
        host_instance_type="m7g.large",
    ),
    _broker(
        "RabbitMQ 4.2 on an old instance",
        "RabbitMQ 4.2 runs on mq.m7g alone, got host_instance_type='mq.m5.large'",
        host_instance_type="mq.m5.large",
    ),
    _broker(
        "a cluster of micro instances",
        "a cluster does not run on mq.t3, got host_instance_type='mq.t3.micro'",
        engine_version="3.13",
        host_instance_type="mq.t3.micro",
    ),
    _broker(
        "maintenance on a day that is none",
        "maintenance_window.day_of_week must be one of MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY, "
        "got 'SUNDY' (did you mean 'SUNDAY'?)",
        maintenance_window=_window(day="SUNDY"),
    ),
    _broker(
        "maintenance at 25 o'clock",
        "maintenance_window.time_of_day must be HH:MM, in 24 hours, got '25:00'",
        maintenance_window=_window(time="25:00"),
    ),
    Row(
        "a cluster in one zone",
        "Stack/Managed",
        f"{_ZONES} 1 subnets in 1 zones",
        lambda at: at.managed_broker(vpc=at.cluster_in_one_zone.vpc),
    ),
    Row(
        "a cluster with two subnets in one zone",
        "Stack/Managed",
        f"{_ZONES} 4 subnets in 2 zones",
        lambda at: at.managed_broker(
            vpc_subnets=ec2.SubnetSelection(subnets=[*at.vpc.private_subnets, *at.vpc.public_subnets])
        ),
    ),
    Row(
        "a single node in two subnets",
        "Stack/Managed",
        "a single node has its address in one subnet, got 2",
        lambda at: at.managed_broker(
            deployment_mode="SINGLE_INSTANCE", vpc_subnets=ec2.SubnetSelection(subnets=at.vpc.private_subnets)
        ),
    ),
    _queue(
        "a queue of which Amazon MQ publishes nothing",
        "name must be printable letters of ASCII without blanks, got 'new orders'",
        queue="new orders",
    ),
    _queue("256 bytes of a managed broker's queue", "name must have 1 to 255 bytes, got 256", queue="q" * 256),
    _queue(
        "no time for a managed broker's queue",
        "longest_processing_time must be from 1 second to 20 minutes, got 0",
        longest_processing_time=timedelta(0),
    ),
    _queue(
        "half seconds of a managed broker's queue",
        "longest_processing_time must be a whole number of seconds, got 60.5",
        longest_processing_time=timedelta(minutes=1) + FRACTION,
    ),
    _queue("a queue of a broker without a name", "name must have 1 to 255 bytes, got 0", queue=""),
    _queue(
        "a queue of a managed broker's own", "names that begin with 'amq.' belong to the broker", queue="amq.orders"
    ),
    _queue(
        "21 minutes of a managed broker's queue",
        "longest_processing_time must be from 1 second to 20 minutes, got 21 minutes",
        longest_processing_time=timedelta(minutes=21),
    ),
    _queue(
        "a managed broker without TLS",
        "endpoint must be amqps://host:port, got 'amqp://b-1.mq.eu-west-1.amazonaws.com:5672'",
        endpoint="amqp://b-1.mq.eu-west-1.amazonaws.com:5672",
    ),
)
