"""The queue contract over an SQS queue of another region or account, of which nothing is measured here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from aws_cdk import Stack, Token
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs

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
    stack, env = Stack.of(queue), queue.env
    pairs = ((stack.region, env.region), (stack.account, env.account))
    known = [pair for pair in pairs if not any(Token.is_unresolved(one) for one in pair)]
    return f"{env.region} of account {env.account}" if any(here != there for here, there in known) else None
