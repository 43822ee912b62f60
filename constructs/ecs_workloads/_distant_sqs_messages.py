"""The queue contract over an SQS queue of another region or account, of which nothing is measured here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct, IConstruct

from ecs_workloads._plain_metric import parts_of
from ecs_workloads._sqs_messages import SqsMessages


@dataclass(frozen=True, kw_only=True)
class DistantSqsMessages:
    """What a tier needs of a queue at ``place``; see `MessageQueue` for each member.

    SQS reports to CloudWatch where the queue is, and a scaling policy names neither region nor account: it would look
    at a queue of the same name beside the tier.
    """

    messages: SqsMessages
    place: str

    @property
    def longest_processing_time(self) -> timedelta:
        """Longest time for which a consumer works on one message."""
        return self.messages.longest_processing_time

    def connection_environment(self, prefix: str) -> Mapping[str, str]:
        """Return the URL and the name of the queue."""
        return self.messages.connection_environment(prefix)

    def producer_secrets(self, prefix: str) -> Mapping[str, ecs.Secret]:
        """Return nothing: SQS knows a task by its role."""
        return self.messages.producer_secrets(prefix)

    def consumer_secrets(self, prefix: str) -> Mapping[str, ecs.Secret]:
        """Return nothing: SQS knows a task by its role."""
        return self.messages.consumer_secrets(prefix)

    def grant_send_messages(self, grantee: iam.IGrantable) -> None:
        """Let ``grantee`` put messages on the queue."""
        self.messages.grant_send_messages(grantee)

    def grant_consume_messages(self, grantee: iam.IGrantable) -> None:
        """Let ``grantee`` take messages off the queue."""
        self.messages.grant_consume_messages(grantee)

    def allow_from(self, peer: ec2.IConnectable) -> None:
        """Open nothing: SQS has no address in the network of the tasks."""
        self.messages.allow_from(peer)

    def metric_messages_waiting(self) -> cloudwatch.IMetric | None:
        """Return nothing: it is measured elsewhere."""
        return None

    def metric_messages_in_flight(self) -> cloudwatch.IMetric | None:
        """Return nothing: it is measured elsewhere."""
        return None


def place_elsewhere(queue: sqs.IQueue) -> str | None:
    """Return where ``queue`` is, as words, if it is known not to be where its stack is."""
    env = queue.env
    return _elsewhere(queue, env.region, env.account)


def place_of_metric_elsewhere(metric: cloudwatch.IMetric | None, tier: Construct) -> str | None:
    """Return where ``metric`` is measured, as words, if it is known not to be where ``tier`` is."""
    if not isinstance(metric, cloudwatch.Metric):
        return None
    parts = parts_of(metric)
    return _elsewhere(tier, parts.region, parts.account)


def _elsewhere(construct: IConstruct, region: str | None, account: str | None) -> str | None:
    region, account = _known(region), _known(account)
    if region is None and account is None:
        return None
    stack = Stack.of(construct)
    own = _known(stack.region) or region, _known(stack.account) or account
    if region in (None, own[0]) and account in (None, own[1]):
        return None
    return " of ".join([*([region] if region else []), *([f"account {account}"] if account else [])])


def _known(value: str | None) -> str | None:
    """Return ``value`` unless it is a token, of which Node is not asked: it has this text in it."""
    return None if value is None or "${Token[" in value else value
