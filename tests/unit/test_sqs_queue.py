"""Tests of `SqsQueue`."""

from __future__ import annotations

from datetime import timedelta

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Match, Template

from ecs_workloads import Container, QueueMetrics, Scaling, SqsQueue, Worker
from tests.templates import resources, statements


def test_failed_messages_end_in_the_dead_letter_queue(stack: cdk.Stack) -> None:
    SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=2), max_receive_count=7)

    template = Template.from_stack(stack)
    template.has_resource_properties(
        "AWS::SQS::Queue", {"RedrivePolicy": Match.object_like({"maxReceiveCount": 7}), "VisibilityTimeout": 180}
    )
    template.has_resource_properties("AWS::SQS::Queue", {"MessageRetentionPeriod": 1209600})


def test_a_message_waits_for_four_days_and_is_received_five_times(stack: cdk.Stack) -> None:
    SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=2))

    Template.from_stack(stack).has_resource_properties(
        "AWS::SQS::Queue",
        {"RedrivePolicy": Match.object_like({"maxReceiveCount": 5}), "MessageRetentionPeriod": 345600},
    )


def test_a_message_stays_invisible_for_at_least_30_seconds(stack: cdk.Stack) -> None:
    SqsQueue(stack, "Orders", longest_processing_time=timedelta(seconds=1))

    Template.from_stack(stack).has_resource_properties("AWS::SQS::Queue", {"VisibilityTimeout": 30})


def test_a_message_may_fail_for_the_last_time_just_before_it_is_deleted(stack: cdk.Stack) -> None:
    # Ten seconds of work are 30 of invisibility, the least.
    work, five_times = timedelta(seconds=10), timedelta(seconds=150)
    kept = SqsQueue(stack, "Orders", longest_processing_time=work, retention_period=five_times + timedelta(seconds=1))
    assert kept.retention_period == timedelta(seconds=151)

    with pytest.raises(ValueError, match="retention_period=150 seconds must be longer than max_receive_count=5 times"):
        SqsQueue(stack, "Mails", longest_processing_time=work, retention_period=five_times)


def test_both_queues_are_kept_encrypted_and_reached_over_tls_only(stack: cdk.Stack) -> None:
    SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=2))

    queues = resources(stack, "AWS::SQS::Queue")
    policies = resources(stack, "AWS::SQS::QueuePolicy")
    assert [queue["DeletionPolicy"] for queue in queues] == ["RetainExceptOnCreate", "RetainExceptOnCreate"]
    assert all(queue["Properties"]["SqsManagedSseEnabled"] for queue in queues)
    assert [
        policy["Properties"]["PolicyDocument"]["Statement"][0]["Condition"]["Bool"]["aws:SecureTransport"]
        for policy in policies
    ] == ["false", "false"]


def test_a_key_and_a_removal_policy_reach_both_queues(stack: cdk.Stack) -> None:
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:111111111111:key/a")
    SqsQueue(
        stack,
        "Orders",
        longest_processing_time=timedelta(minutes=2),
        encryption_key=key,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )

    queues = resources(stack, "AWS::SQS::Queue")
    assert [queue["DeletionPolicy"] for queue in queues] == ["Delete", "Delete"]
    assert [queue["Properties"]["KmsMasterKeyId"] for queue in queues] == [key.key_arn, key.key_arn]


def test_consumers_wait_for_messages(stack: cdk.Stack) -> None:
    SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=2))

    Template.from_stack(stack).has_resource_properties("AWS::SQS::Queue", {"ReceiveMessageWaitTimeSeconds": 20})


def test_a_program_finds_the_queue_by_url_and_name(stack: cdk.Stack) -> None:
    orders = SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=2))

    assert orders.connection_environment("ORDERS") == {
        "ORDERS_URL": orders.queue.queue_url,
        "ORDERS_NAME": orders.queue.queue_name,
    }
    assert orders.producer_secrets("ORDERS") == orders.consumer_secrets("ORDERS") == {}


def test_a_queue_of_another_stack_grants_its_key_too(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container
) -> None:
    key_arn = "arn:aws:kms:eu-west-1:111111111111:key/a"
    orders = SqsQueue.from_queue(
        sqs.Queue.from_queue_attributes(
            stack, "Orders", queue_arn="arn:aws:sqs:eu-west-1:111111111111:orders", key_arn=key_arn
        ),
        longest_processing_time=timedelta(minutes=2),
    )
    Worker(stack, "Worker", cluster=cluster, container=container, queue=orders, scaling=Scaling())

    assert any(statement["Resource"] == key_arn for statement in statements(stack))


@pytest.mark.parametrize("with_key", [False, True])
def test_who_sends_may_do_with_queue_and_key_what_sending_needs_and_no_more(
    stack: cdk.Stack, *, with_key: bool
) -> None:
    key_arn = "arn:aws:kms:eu-west-1:111111111111:key/a"
    queue_arn = "arn:aws:sqs:eu-west-1:111111111111:orders"
    orders = SqsQueue.from_queue(
        sqs.Queue.from_queue_attributes(stack, "Orders", queue_arn=queue_arn, key_arn=key_arn if with_key else None),
        longest_processing_time=timedelta(minutes=2),
    )
    sender = iam.Role.from_role_arn(stack, "Sender", "arn:aws:iam::111111111111:role/sender")
    orders.grant_send_messages(sender)

    assert {one["Resource"]: one["Action"] for one in statements(stack)} == {
        queue_arn: ["sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"],
        **({key_arn: ["kms:Decrypt", "kms:GenerateDataKey"]} if with_key else {}),
    }


def test_a_fifo_queue_keeps_the_order_of_each_group(stack: cdk.Stack) -> None:
    SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=1), fifo=True)

    queues = [one["Properties"] for one in resources(stack, "AWS::SQS::Queue")]
    [queue] = [one for one in queues if "RedrivePolicy" in one]
    assert [one["FifoQueue"] for one in queues] == [True, True]
    assert (queue["DeduplicationScope"], queue["FifoThroughputLimit"]) == ("messageGroup", "perMessageGroupId")
    assert "ContentBasedDeduplication" not in queue


def test_a_fifo_queue_can_tell_messages_apart_by_their_text(stack: cdk.Stack) -> None:
    SqsQueue(
        stack,
        "Orders",
        longest_processing_time=timedelta(minutes=1),
        fifo=True,
        content_based_deduplication=True,
    )

    [queue] = [one["Properties"] for one in resources(stack, "AWS::SQS::Queue") if "RedrivePolicy" in str(one)]
    assert queue["ContentBasedDeduplication"] is True


def test_a_queue_keeps_no_order_unless_asked(stack: cdk.Stack) -> None:
    SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=1))

    for queue in resources(stack, "AWS::SQS::Queue"):
        assert not {"FifoQueue", "DeduplicationScope", "FifoThroughputLimit"} & set(queue["Properties"])


def test_no_other_queue_sends_its_failures_among_the_work(stack: cdk.Stack) -> None:
    SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=1))

    [queue] = [one["Properties"] for one in resources(stack, "AWS::SQS::Queue") if "RedrivePolicy" in one["Properties"]]
    assert queue["RedriveAllowPolicy"] == {"redrivePermission": "denyAll"}


def test_dead_letters_are_kept_for_as_long_as_told(stack: cdk.Stack) -> None:
    SqsQueue(
        stack,
        "Orders",
        longest_processing_time=timedelta(minutes=1),
        retention_period=timedelta(days=1),
        dead_letter_retention_period=timedelta(days=2),
    )

    assert [one["Properties"]["MessageRetentionPeriod"] for one in resources(stack, "AWS::SQS::Queue")] == [
        172800,
        86400,
    ]


def test_a_queue_may_have_a_name(stack: cdk.Stack) -> None:
    SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=1), queue_name="orders.fifo", fifo=True)

    assert [one["Properties"].get("QueueName") for one in resources(stack, "AWS::SQS::Queue")] == [None, "orders.fifo"]


@pytest.mark.parametrize(
    ("name", "fifo"), [("q" * 81, False), ("", False), ("q" * 76 + ".fifo", True), (".fifo", True)]
)
def test_a_name_that_sqs_refuses_is_refused(stack: cdk.Stack, name: str, fifo: bool) -> None:  # noqa: FBT001
    with pytest.raises(ValueError, match="Stack/Orders: queue_name must be up to"):
        SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=1), queue_name=name, fifo=fifo)


@pytest.mark.parametrize(("name", "fifo"), [("q" * 80, False), ("q" * 75 + ".fifo", True)])
def test_a_name_may_be_as_long_as_sqs_takes_it(stack: cdk.Stack, name: str, fifo: bool) -> None:  # noqa: FBT001
    SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=1), queue_name=name, fifo=fifo)

    assert resources(stack, "AWS::SQS::Queue")[1]["Properties"]["QueueName"] == name


@pytest.mark.parametrize(("name", "fifo"), [("orders", False), ("orders.fifo", True)])
def test_the_dead_letters_of_a_named_queue_are_its_own(stack: cdk.Stack, name: str, fifo: bool) -> None:  # noqa: FBT001
    SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=1), queue_name=name, fifo=fifo)

    [dead] = [one["Properties"] for one in resources(stack, "AWS::SQS::Queue") if "QueueName" not in one["Properties"]]
    [source] = dead["RedriveAllowPolicy"]["sourceQueueArns"]
    assert dead["RedriveAllowPolicy"]["redrivePermission"] == "byQueue"
    assert source["Fn::Join"][1][-1] == f":{name}"


def test_a_queue_without_a_name_cannot_be_told_to_its_dead_letters(stack: cdk.Stack) -> None:
    SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=1))

    [dead] = [
        one["Properties"] for one in resources(stack, "AWS::SQS::Queue") if "RedrivePolicy" not in one["Properties"]
    ]
    assert "RedriveAllowPolicy" not in dead


def test_a_queue_has_no_name_unless_given(stack: cdk.Stack) -> None:
    SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=1))

    assert all("QueueName" not in one["Properties"] for one in resources(stack, "AWS::SQS::Queue"))


def test_a_queue_of_a_stack_that_may_be_deployed_anywhere_is_taken_to_be_there(stack: cdk.Stack) -> None:
    queue = sqs.Queue.from_queue_arn(stack, "Orders", "arn:aws:sqs:us-east-1:222222222222:orders")

    assert QueueMetrics.of_queue(SqsQueue.from_queue(queue, longest_processing_time=timedelta(minutes=2))) is not None


@pytest.mark.parametrize(
    ("arn", "measured"),
    [
        ("arn:aws:sqs:eu-west-1:111111111111:orders", True),
        ("arn:aws:sqs:us-east-1:111111111111:orders", False),
        ("arn:aws:sqs:eu-west-1:222222222222:orders", False),
    ],
)
def test_a_queue_elsewhere_is_consumed_and_not_measured(arn: str, *, measured: bool) -> None:
    stack = cdk.Stack(cdk.App(), "There", env=cdk.Environment(account="111111111111", region="eu-west-1"))
    queue = sqs.Queue.from_queue_arn(stack, "Orders", arn)
    orders = SqsQueue.from_queue(queue, longest_processing_time=timedelta(minutes=2))
    role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())  # pyright: ignore[reportArgumentType]  # jsii#4541
    orders.grant_send_messages(role)
    orders.grant_consume_messages(role)

    assert {one["Resource"] for one in statements(stack)} >= {arn}
    assert orders.connection_environment("ORDERS")["ORDERS_NAME"] == "orders"
    assert orders.producer_secrets("ORDERS") == orders.consumer_secrets("ORDERS") == {}
    assert (orders.metric_messages_waiting() is not None) == measured
    assert (QueueMetrics.of_queue(orders) is not None) == measured
