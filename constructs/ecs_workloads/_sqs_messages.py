"""The queue contract over any SQS queue, made here or elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs

from ecs_workloads._once import once
from ecs_workloads._plain_metric import PlainMetric, remember
from ecs_workloads.message_queue import connection_variable

_MINUTE = Duration.minutes(1)
# Those of ``grant_send_messages``, which has more of the key than a sender needs, with wildcards.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
_SEND = ("sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl")
_SEND_WITH_KEY = ("kms:Decrypt", "kms:GenerateDataKey")


@dataclass(frozen=True, kw_only=True)
class SqsMessages:
    """What a tier needs of ``queue``; see `MessageQueue` for each member."""

    queue: sqs.IQueue
    longest_processing_time: timedelta
    dead_letter_queue: sqs.IQueue | None

    def connection_environment(self, prefix: str) -> Mapping[str, str]:
        """Return the URL and the name of the queue."""
        return {
            connection_variable(prefix, "URL"): self.queue.queue_url,
            connection_variable(prefix, "NAME"): self._name,
        }

    def producer_secrets(self, prefix: str) -> Mapping[str, ecs.Secret]:
        """Return nothing: SQS knows a task by its role."""
        del prefix
        return {}

    def consumer_secrets(self, prefix: str) -> Mapping[str, ecs.Secret]:
        """Return nothing: SQS knows a task by its role."""
        del prefix
        return {}

    def grant_send_messages(self, grantee: iam.IGrantable) -> None:
        """Let ``grantee`` put messages on the queue."""
        self.queue.grant(grantee.grant_principal, *_SEND)
        key = self.queue.encryption_master_key
        if key is not None:
            key.grant(grantee.grant_principal, *_SEND_WITH_KEY)

    def grant_consume_messages(self, grantee: iam.IGrantable) -> None:
        """Let ``grantee`` take messages off the queue."""
        # Not to the tier itself, which Node would ask for its principal again and again.
        self.queue.grant_consume_messages(grantee.grant_principal)

    def allow_from(self, peer: ec2.IConnectable) -> None:
        """Open nothing: SQS has no address in the network of the tasks."""
        del peer

    def metric_messages_waiting(self) -> cloudwatch.IMetric:
        """Return the number of messages that wait for a consumer."""
        return self._waiting

    def metric_messages_sent(self) -> cloudwatch.IMetric:
        """Return the number of messages sent to the queue in one minute."""
        return self._measured("NumberOfMessagesSent", self.queue.metric_number_of_messages_sent, "Sum")

    def metric_messages_in_flight(self) -> cloudwatch.IMetric:
        """Return the number of messages that consumers hold."""
        return self._in_flight

    def metric_oldest_message_age(self) -> cloudwatch.IMetric:
        """Return the time for which the oldest message has waited: seconds, maximum."""
        return self.queue.metric_approximate_age_of_oldest_message(statistic="Maximum", period=_MINUTE)

    def metric_messages_deleted(self) -> cloudwatch.IMetric:
        """Return the number of messages worked off in one minute: count, sum."""
        return self.queue.metric_number_of_messages_deleted(statistic="Sum", period=_MINUTE)

    def metric_dead_letters(self) -> cloudwatch.IMetric | None:
        """Return the number of messages that no consumer could process: count, maximum."""
        if self.dead_letter_queue is None:
            return None
        return self.dead_letter_queue.metric_approximate_number_of_messages_visible(statistic="Maximum", period=_MINUTE)

    @cached_property
    def _place(self) -> tuple[str, str]:
        return _place_of(Stack.of(self.queue))

    @cached_property
    def _name(self) -> str:
        return self.queue.queue_name

    @cached_property
    def _waiting(self) -> cloudwatch.Metric:
        made = self.queue.metric_approximate_number_of_messages_visible
        return self._measured("ApproximateNumberOfMessagesVisible", made, "Maximum")

    @cached_property
    def _in_flight(self) -> cloudwatch.Metric:
        made = self.queue.metric_approximate_number_of_messages_not_visible
        return self._measured("ApproximateNumberOfMessagesNotVisible", made, "Maximum")

    def _measured(self, metric_name: str, made: Callable[..., cloudwatch.Metric], statistic: str) -> cloudwatch.Metric:
        """Return what aws_cdk makes, which also knows region and account of the queue; a policy asks for the parts."""
        region, account = self._place
        return remember(
            made(statistic=statistic, period=_MINUTE),
            PlainMetric(
                namespace="AWS/SQS",
                metric_name=metric_name,
                dimensions={"QueueName": self._name},
                statistic=statistic,
                region=region,
                account=account,
            ),
        )


@once
def _place_of(stack: Stack) -> tuple[str, str]:
    """Return region and account of ``stack``, each a token where only the deployment knows it."""
    return stack.region, stack.account
