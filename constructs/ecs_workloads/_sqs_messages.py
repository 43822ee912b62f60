"""The queue contract over any SQS queue, made here or elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs

from ecs_workloads.message_queue import connection_variable

# Those of ``grant_send_messages``, which has more of the key than a sender needs, with wildcards.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
_SEND = ("sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl")
_SEND_WITH_KEY = ("kms:Decrypt", "kms:GenerateDataKey")


@dataclass(frozen=True, kw_only=True)
class SqsMessages:
    """What a tier needs of ``queue``; see `MessageQueue` for each member."""

    queue: sqs.IQueue
    longest_processing_time: timedelta
    dead_letter_queue: sqs.IQueue | None = None

    def connection_environment(self, prefix: str) -> Mapping[str, str]:
        """Return the URL and the name of the queue."""
        return {
            connection_variable(prefix, "URL"): self.queue.queue_url,
            connection_variable(prefix, "NAME"): self.queue.queue_name,
        }

    def connection_secrets(self, prefix: str) -> Mapping[str, ecs.Secret]:
        """Return nothing: SQS knows a task by its role."""
        del prefix
        return {}

    def grant_send_messages(self, grantee: iam.IGrantable) -> None:
        """Let ``grantee`` put messages on the queue."""
        self.queue.grant(grantee, *_SEND)
        key = self.queue.encryption_master_key
        if key is not None:
            key.grant(grantee, *_SEND_WITH_KEY)

    def grant_consume_messages(self, grantee: iam.IGrantable) -> None:
        """Let ``grantee`` take messages off the queue."""
        self.queue.grant_consume_messages(grantee)

    def allow_from(self, peer: ec2.IConnectable) -> None:
        """Open nothing: SQS has no address in the network of the tasks."""
        del peer

    def metric_messages_waiting(self) -> cloudwatch.IMetric:
        """Return the number of messages that wait for a consumer."""
        return self.queue.metric_approximate_number_of_messages_visible(statistic="Maximum", period=Duration.minutes(1))

    def metric_messages_sent(self) -> cloudwatch.IMetric:
        """Return the number of messages sent to the queue in one minute."""
        return self.queue.metric_number_of_messages_sent(statistic="Sum", period=Duration.minutes(1))

    def metric_messages_in_flight(self) -> cloudwatch.IMetric:
        """Return the number of messages that consumers hold."""
        return self.queue.metric_approximate_number_of_messages_not_visible(
            statistic="Maximum", period=Duration.minutes(1)
        )

    def metric_oldest_message_age(self) -> cloudwatch.IMetric:
        """Return the time for which the oldest message has waited: seconds, maximum."""
        return self.queue.metric_approximate_age_of_oldest_message(statistic="Maximum", period=Duration.minutes(1))

    def metric_messages_deleted(self) -> cloudwatch.IMetric:
        """Return the number of messages worked off in one minute: count, sum."""
        return self.queue.metric_number_of_messages_deleted(statistic="Sum", period=Duration.minutes(1))

    def metric_dead_letters(self) -> cloudwatch.IMetric | None:
        """Return the number of messages that no consumer could process: count, maximum."""
        if self.dead_letter_queue is None:
            return None
        return self.dead_letter_queue.metric_approximate_number_of_messages_visible(
            statistic="Maximum", period=Duration.minutes(1)
        )
