"""A queue without servers to look after."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from ecs_workloads._accepted_findings import accept_findings
from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import check_key, check_name, check_range, check_time, duration, in_words, is_token, require
from ecs_workloads._distant_sqs_messages import DistantSqsMessages, place_elsewhere
from ecs_workloads._sqs_messages import SqsMessages
from ecs_workloads._topic_subscription import subscribe
from ecs_workloads.message_queue import MessageQueue

_LONGEST_RETENTION = timedelta(days=14)
_LONGEST_VISIBILITY = timedelta(hours=12)
_SHORTEST_VISIBILITY = timedelta(seconds=30)
# A message that is still being worked on must stay invisible, with room for the time between receiving it and
# starting on it.
_VISIBILITY_FACTOR = 1.5
_LONGEST_RECEIVE_WAIT = timedelta(seconds=20)
_MINUTE = timedelta(minutes=1)


@checks_arguments
class SqsQueue(Construct):
    """An SQS queue with its dead-letter queue, encrypted, and reachable over TLS only.

    A message stays invisible for one and a half times ``longest_processing_time``, at least 30 seconds. After
    ``max_receive_count`` receipts it moves to the dead-letter queue, which keeps it for 14 days. Programs put messages
    on the queue, and so do the topics of SNS that `subscribe_to` names.

    Args:
        longest_processing_time: Longest time for which a consumer works on one message, one second to 8 hours.
        max_receive_count: Receipts after which a message counts as poison, 1 to 1000. Defaults to 5: deploys
            and scale-in may return a good message more than once.
        retention_period: Time for which a message waits for a consumer, one minute to 13 days, and longer than
            ``max_receive_count`` times the time for which it stays invisible: SQS deletes it at the end of this time
            also while a consumer holds it, and it would never become a dead letter. Defaults to 4 days.
        dead_letter_retention_period: Time after which a message leaves the dead-letter queue, up to 14 days. Longer
            than ``retention_period``: in a standard queue the clock goes on from when the message was first sent.
            Defaults to 14 days.
        encryption_key: Key for the messages of both queues. Defaults to a key that SQS owns.
        fifo: Whether messages of one group are delivered in order and once. Programs must then name a group with each
            message, and a worker has work for at most as many tasks as there are groups. It cannot be changed later
            without new queues.
        content_based_deduplication: Whether two messages of one group with the same text within five minutes are one.
            Only with ``fifo``. Defaults to no: programs name a deduplication id.
        queue_name: Name of the queue, 1 to 80 letters, digits, hyphens and underscores, of which the last are
            ``.fifo`` with ``fifo``, as SQS asks. With a name, a change that would replace the queue fails instead,
            and no other queue may send its failures to the dead-letter queue. Defaults to a name that CloudFormation
            makes.
        removal_policy: What becomes of both queues and their messages when they leave the template. Defaults
            to keeping them, but nothing that a failed first deployment made.

    Raises:
        ValueError: A value is out of its range, or the retention is too short for the receipts.
        TypeError: An argument is of another kind.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        longest_processing_time: timedelta,
        max_receive_count: int = 5,
        retention_period: timedelta = timedelta(days=4),
        dead_letter_retention_period: timedelta = _LONGEST_RETENTION,
        encryption_key: kms.IKey | None = None,
        fifo: bool = False,
        content_based_deduplication: bool = False,
        queue_name: str | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    ) -> None:
        super().__init__(scope, construct_id)
        path = self.node.path
        _check_processing(path, longest_processing_time)
        check_range(path, "max_receive_count", max_receive_count, 1, 1000)
        check_time(path, "retention_period", retention_period, _MINUTE, timedelta(days=13))
        check_time(path, "dead_letter_retention_period", dead_letter_retention_period, _MINUTE, _LONGEST_RETENTION)
        require(
            dead_letter_retention_period > retention_period,
            path,
            f"dead_letter_retention_period must be longer than retention_period={in_words(retention_period)}, since "
            f"the clock of a message goes on, got {in_words(dead_letter_retention_period)}",
        )
        visibility_timeout = max(_SHORTEST_VISIBILITY, longest_processing_time * _VISIBILITY_FACTOR)
        _check_retention(path, retention_period, visibility_timeout, max_receive_count)
        require(fifo or not content_based_deduplication, path, "content_based_deduplication needs fifo=True")
        if queue_name is not None:
            _check_queue_name(path, queue_name, fifo=fifo)
        self._retention_period = retention_period
        encryption = sqs.QueueEncryption.SQS_MANAGED if encryption_key is None else sqs.QueueEncryption.KMS
        self._dead_letter_queue = sqs.Queue(
            self,
            "DeadLetterQueue",
            # A dead-letter queue is of the kind of its source. ``False`` would be refused.
            fifo=fifo or None,
            retention_period=duration(dead_letter_retention_period),
            encryption=encryption,
            encryption_master_key=encryption_key,
            enforce_ssl=True,
            redrive_allow_policy=None if queue_name is None else self._only_from(queue_name),
            removal_policy=removal_policy,
        )
        accept_findings(self._dead_letter_queue, "dead-letter queue")
        self._queue = sqs.Queue(
            self,
            "Queue",
            queue_name=queue_name,
            visibility_timeout=duration(visibility_timeout),
            retention_period=duration(retention_period),
            receive_message_wait_time=duration(_LONGEST_RECEIVE_WAIT),
            fifo=fifo or None,
            content_based_deduplication=content_based_deduplication or None,
            # Both, else the whole queue takes 300 messages a second.
            deduplication_scope=sqs.DeduplicationScope.MESSAGE_GROUP if fifo else None,
            fifo_throughput_limit=sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID if fifo else None,
            # No other queue may send its failures among the work.
            redrive_allow_policy=sqs.RedriveAllowPolicy(redrive_permission=sqs.RedrivePermission.DENY_ALL),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self._dead_letter_queue, max_receive_count=max_receive_count),
            encryption=encryption,
            encryption_master_key=encryption_key,
            enforce_ssl=True,
            removal_policy=removal_policy,
        )
        self._messages = SqsMessages(
            queue=self._queue,
            longest_processing_time=longest_processing_time,
            dead_letter_queue=self._dead_letter_queue,
        )

    def _only_from(self, queue_name: str) -> sqs.RedriveAllowPolicy:
        """Return the rule that the queue of this name alone may send its failures.

        By its name: a reference would need each of the two queues to exist before the other.
        """
        source = sqs.Queue.from_queue_attributes(
            self, "Source", queue_arn=Stack.of(self).format_arn(service="sqs", resource=queue_name)
        )
        return sqs.RedriveAllowPolicy(source_queues=[source])

    @staticmethod
    def from_queue(
        queue: sqs.IQueue, *, longest_processing_time: timedelta, dead_letter_queue: sqs.IQueue | None = None
    ) -> MessageQueue:
        """Return ``queue``, made by another stack or team, as a queue that tiers can use.

        Where it is known to be in another region or account than its stack, nothing of it is measured here: a worker
        scales on its CPU, `BacklogPerTask` and `ArrivalRate` are refused, and it has no alarms or graphs.

        Args:
            queue: The queue, such as ``sqs.Queue.from_queue_attributes`` returns it; with its key, where it has
                one, so that grants cover the key as well.
            longest_processing_time: Longest time for which a consumer works on one message. The queue's own
                visibility time-out must be longer. One second to 8 hours.
            dead_letter_queue: Where messages go that no consumer could process, for an alarm on them. Of the kind of
                ``queue``, FIFO or not. Defaults to no alarm.

        Raises:
            ValueError: The time is out of its range, one of the queues is FIFO and the other is not, or the dead-letter
                queue is of a queue of another region or account.
        """
        _check_processing(queue.node.path, longest_processing_time)
        require(
            dead_letter_queue is None or dead_letter_queue.fifo == queue.fifo,
            queue.node.path,
            "the dead-letter queue of a FIFO queue is FIFO, and that of a standard queue is standard",
        )
        messages = SqsMessages(
            queue=queue, longest_processing_time=longest_processing_time, dead_letter_queue=dead_letter_queue
        )
        place = place_elsewhere(queue)
        if place is None:
            return messages
        require(
            dead_letter_queue is None,
            queue.node.path,
            f"the queue is in {place}, where alarms of this stack do not see its dead_letter_queue",
        )
        return DistantSqsMessages(messages=messages, place=place)

    def subscribe_to(
        self,
        construct_id: str,
        *,
        topic: sns.ITopic | sns.Topic,  # a Topic is no ITopic to pyright: jsii#4541
        filter_policy: Mapping[str, sns.SubscriptionFilter] | None = None,
        filter_policy_with_message_body: Mapping[str, sns.FilterOrPolicy] | None = None,
    ) -> sns.Subscription:
        """Put the messages of a topic on this queue as well (fan-out): every subscribed queue gets its own.

        A message comes as it was published, without SNS's envelope, so that the program is the same. A message with
        more than 10 attributes cannot come so. What SNS cannot deliver lies on the dead-letter queue, whose alarm
        tells. SNS may use the key of the queue; the policy of an imported key must allow it already. The
        subscription is in the stack of the queue, which is deployed after that of the topic.
        https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html

        Args:
            construct_id: Name of the subscription within the queue: letters, digits and hyphens, beginning with a
                letter. Do not change it later: CloudFormation would make the new subscription, which is the old one to
                SNS, and then delete it.
            topic: The topic; FIFO with ``fifo``, else not.
            filter_policy: Attributes of the messages that this queue gets: at most 5, of at most 150 combinations.
                Defaults to all messages.
            filter_policy_with_message_body: The same by what is in the body, which must be JSON. Not both.

        Raises:
            ValueError: The queue or the topic is FIFO and the other is not, they are in two regions, the queue is
                subscribed to the topic already, or SNS takes no such filter policy.
        """
        check_key(self.node.path, "subscribe_to", construct_id)
        return subscribe(
            self.node.path,
            construct_id,
            queue=self._queue,
            dead_letter_queue=self._dead_letter_queue,
            topic=topic,  # pyright: ignore[reportArgumentType]  # jsii#4541
            filter_policy=filter_policy,
            filter_policy_with_message_body=filter_policy_with_message_body,
        )

    @property
    def queue(self) -> sqs.Queue:
        """The queue, for anything this class has no argument for."""
        return self._queue

    @property
    def dead_letter_queue(self) -> sqs.Queue:
        """Where messages go that no consumer could process."""
        return self._dead_letter_queue

    @property
    def retention_period(self) -> timedelta:
        """Time after which SQS deletes a message that nobody has worked off."""
        return self._retention_period

    @property
    def longest_processing_time(self) -> timedelta:
        """Longest time for which a consumer works on one message."""
        return self._messages.longest_processing_time

    def connection_environment(self, prefix: str) -> Mapping[str, str]:
        """Return the open variables by which a program finds the queue."""
        return self._messages.connection_environment(prefix)

    def producer_secrets(self, prefix: str) -> Mapping[str, ecs.Secret]:
        """Return nothing: SQS knows a task by its role."""
        return self._messages.producer_secrets(prefix)

    def consumer_secrets(self, prefix: str) -> Mapping[str, ecs.Secret]:
        """Return nothing: SQS knows a task by its role."""
        return self._messages.consumer_secrets(prefix)

    def grant_send_messages(self, grantee: iam.IGrantable) -> None:
        """Let ``grantee`` put messages on the queue."""
        self._messages.grant_send_messages(grantee)

    def grant_consume_messages(self, grantee: iam.IGrantable) -> None:
        """Let ``grantee`` take messages off the queue."""
        self._messages.grant_consume_messages(grantee)

    def allow_from(self, peer: ec2.IConnectable) -> None:
        """Open nothing: SQS has no address in the network of the tasks."""
        self._messages.allow_from(peer)

    def metric_messages_waiting(self) -> cloudwatch.IMetric:
        """Return the number of messages that wait for a consumer."""
        return self._messages.metric_messages_waiting()

    def metric_messages_sent(self) -> cloudwatch.IMetric:
        """Return the number of messages sent to the queue in one minute."""
        return self._messages.metric_messages_sent()

    def metric_messages_in_flight(self) -> cloudwatch.IMetric:
        """Return the number of messages that consumers hold."""
        return self._messages.metric_messages_in_flight()

    def metric_oldest_message_age(self) -> cloudwatch.IMetric:
        """Return the time since the oldest message was sent that is not deleted: seconds, maximum."""
        return self._messages.metric_oldest_message_age()

    def metric_messages_deleted(self) -> cloudwatch.IMetric:
        """Return the number of messages worked off in one minute: count, sum."""
        return self._messages.metric_messages_deleted()

    def metric_dead_letters(self) -> cloudwatch.IMetric | None:
        """Return the number of messages that no consumer could process: count, maximum."""
        return self._messages.metric_dead_letters()


def _check_processing(path: str, value: timedelta) -> None:
    """Refuse a time for which no message can stay invisible."""
    longest = _LONGEST_VISIBILITY / _VISIBILITY_FACTOR
    check_time(path, "longest_processing_time", value, timedelta(seconds=1), longest)


def _check_retention(
    path: str, retention_period: timedelta, visibility_timeout: timedelta, max_receive_count: int
) -> None:
    """Refuse a retention in which a message is gone before it has failed often enough to be a dead letter.

    SQS deletes a message at the end of its retention also while a consumer holds it.
    """
    if is_token(max_receive_count):
        return
    require(
        retention_period > visibility_timeout * max_receive_count,
        path,
        f"retention_period={in_words(retention_period)} must be longer than max_receive_count={max_receive_count} "
        f"times the visibility_timeout of {in_words(visibility_timeout)}, else SQS deletes a message that fails before "
        "it becomes a dead letter: say a longer retention_period, a lower max_receive_count or a shorter "
        "longest_processing_time",
    )


def _check_queue_name(path: str, name: str, *, fifo: bool) -> None:
    """Refuse a name that SQS refuses.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
    """
    require(not fifo or name.endswith(".fifo"), path, f"queue_name of a FIFO queue must end in .fifo, got {name!r}")
    letters = "letters, digits, hyphens and underscores"
    if fifo:
        check_name(path, "queue_name", name, r"(?=.{1,80}$)[A-Za-z0-9_-]+\.fifo", f"up to 75 {letters} and then .fifo")
    else:
        check_name(path, "queue_name", name, r"[A-Za-z0-9_-]{1,80}", f"up to 80 {letters}; .fifo is for fifo=True")
