"""Tests of `SqsQueue.subscribe_to`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template

from ecs_workloads import Container, Scaling, SqsQueue, Worker
from tests.templates import properties, resources, statements

MINUTE = timedelta(minutes=1)


def orders(scope: cdk.Stack, **arguments: Any) -> SqsQueue:
    return SqsQueue(scope, "Orders", longest_processing_time=MINUTE, **arguments)


def of_sns(stack: cdk.Stack) -> list[dict[str, Any]]:
    """Return what the policies of the stack's queues allow to SNS."""
    found = [
        statement
        for policy in resources(stack, "AWS::SQS::QueuePolicy")
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]
    return [one for one in found if one["Principal"] == {"Service": "sns.amazonaws.com"}]


def test_a_message_of_the_topic_comes_as_it_was_published(stack: cdk.Stack) -> None:
    queue = orders(stack)
    topic = sns.Topic(stack, "Sales")
    subscription = queue.subscribe_to("Sales", topic=topic)

    found = properties(stack, "AWS::SNS::Subscription")
    assert found["RawMessageDelivery"] is True
    assert found["Protocol"] == "sqs"
    assert found["Endpoint"] == stack.resolve(queue.queue.queue_arn)
    assert found["TopicArn"] == stack.resolve(topic.topic_arn)
    assert "FilterPolicy" not in found
    assert subscription.node.path == "Stack/Orders/Queue/Sales"


def test_only_this_topic_may_send_and_only_to_the_queue_and_its_dead_letters(stack: cdk.Stack) -> None:
    queue = orders(stack)
    topic = sns.Topic(stack, "Sales")
    queue.subscribe_to("Sales", topic=topic)

    allowed = of_sns(stack)
    assert {str(one["Condition"]) for one in allowed} == {
        str({"ArnEquals": {"aws:SourceArn": stack.resolve(topic.topic_arn)}})
    }
    assert sorted(str(one["Resource"]) for one in allowed) == sorted(
        str(stack.resolve(one.queue_arn)) for one in (queue.queue, queue.dead_letter_queue)
    )
    assert {one["Action"] for one in allowed} == {"sqs:SendMessage"}


def test_what_sns_cannot_deliver_is_a_dead_letter_of_the_queue(stack: cdk.Stack) -> None:
    queue = orders(stack)
    queue.subscribe_to("Sales", topic=sns.Topic(stack, "Sales"))

    redrive = properties(stack, "AWS::SNS::Subscription")["RedrivePolicy"]
    assert redrive == {"deadLetterTargetArn": stack.resolve(queue.dead_letter_queue.queue_arn)}


def test_the_topic_may_send_before_it_does(stack: cdk.Stack) -> None:
    orders(stack).subscribe_to("Sales", topic=sns.Topic(stack, "Sales"))

    [subscription] = resources(stack, "AWS::SNS::Subscription")
    kinds = Template.from_stack(stack).to_json()["Resources"]
    assert [kinds[one]["Type"] for one in subscription["DependsOn"]] == ["AWS::SQS::QueuePolicy"] * 2


def test_a_queue_gets_only_the_messages_that_it_asks_for(stack: cdk.Stack) -> None:
    queue = orders(stack)
    queue.subscribe_to(
        "Sales",
        topic=sns.Topic(stack, "Sales"),
        filter_policy={"kind": sns.SubscriptionFilter.string_filter(allowlist=["order", "refund"])},
    )
    queue.subscribe_to(
        "Stock",
        topic=sns.Topic(stack, "Stock"),
        filter_policy_with_message_body={
            "item": sns.FilterOrPolicy.policy(
                {"sku": sns.FilterOrPolicy.filter(sns.SubscriptionFilter.string_filter(allowlist=["a"]))}
            )
        },
    )

    by_attribute, by_body = (one["Properties"] for one in resources(stack, "AWS::SNS::Subscription"))
    assert by_attribute["FilterPolicy"] == {"kind": ["order", "refund"]}
    assert "FilterPolicyScope" not in by_attribute
    assert (by_body["FilterPolicy"], by_body["FilterPolicyScope"]) == ({"item": {"sku": ["a"]}}, "MessageBody")


def test_a_fifo_topic_feeds_a_fifo_queue(stack: cdk.Stack) -> None:
    orders(stack, fifo=True).subscribe_to("Sales", topic=sns.Topic(stack, "Sales", fifo=True))

    assert len(resources(stack, "AWS::SNS::Subscription")) == 1


def test_sns_may_use_the_key_of_the_queue_for_topics_of_the_account_alone(stack: cdk.Stack) -> None:
    orders(stack, encryption_key=kms.Key(stack, "Key")).subscribe_to("Sales", topic=sns.Topic(stack, "Sales"))

    document = properties(stack, "AWS::KMS::Key")["KeyPolicy"]["Statement"]
    [statement] = [one for one in document if one["Principal"] == {"Service": "sns.amazonaws.com"}]
    assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    [of] = statement["Condition"]["ArnLike"].values()
    assert ":sns:" in str(of)
    assert {"Ref": "AWS::AccountId"} in of["Fn::Join"][1]


def test_sns_may_use_the_key_for_topics_of_the_account_and_region_of_the_topic(stack: cdk.Stack) -> None:
    topic = sns.Topic.from_topic_arn(stack, "Sales", "arn:aws:sns:eu-west-1:222222222222:sales")
    orders(stack, encryption_key=kms.Key(stack, "Key")).subscribe_to("Sales", topic=topic)

    [statement] = [one for one in properties(stack, "AWS::KMS::Key")["KeyPolicy"]["Statement"] if "sns" in str(one)]
    of = statement["Condition"]["ArnLike"]["aws:SourceArn"]
    assert of == {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":sns:eu-west-1:222222222222:*"]]}


def test_key_topic_and_queue_may_be_in_three_stacks() -> None:
    app = cdk.App()
    keys, topics, queues = (cdk.Stack(app, name) for name in ("Keys", "Topics", "Queues"))
    key = kms.Key(keys, "Key")
    topic = sns.Topic(topics, "Sales", master_key=key)  # pyright: ignore[reportArgumentType]  # jsii#4541
    orders(queues, encryption_key=key).subscribe_to("Sales", topic=topic)

    app.synth()
    assert topics not in keys.dependencies
    assert queues not in topics.dependencies
    assert queues not in keys.dependencies


def test_a_topic_known_by_its_arn_needs_nothing_of_its_stack(stack: cdk.Stack) -> None:
    arn = cdk.CfnParameter(stack, "SalesArn").value_as_string
    topic = sns.Topic.from_topic_arn(stack, "Sales", arn)
    orders(stack, fifo=True, encryption_key=kms.Key(stack, "Key")).subscribe_to("Sales", topic=topic)

    assert properties(stack, "AWS::SNS::Subscription")["TopicArn"] == {"Ref": "SalesArn"}
    [statement] = [one for one in properties(stack, "AWS::KMS::Key")["KeyPolicy"]["Statement"] if "sns" in str(one)]
    assert "SalesArn" not in str(statement)


def test_a_worker_is_the_same_whoever_sends(stack: cdk.Stack, cluster: ecs.Cluster, container: Container) -> None:
    queue = orders(stack)
    queue.subscribe_to("Sales", topic=sns.Topic(stack, "Sales"))
    Worker(stack, "Worker", cluster=cluster, container=container, queue=queue, scaling=Scaling())

    actions = [action for one in statements(stack) for action in one["Action"] if "sqs" in action]
    assert "sqs:ReceiveMessage" in actions
    assert "sqs:SendMessage" not in actions


@pytest.mark.parametrize("values", [150, 1])
def test_as_many_combinations_as_sns_takes(stack: cdk.Stack, values: int) -> None:
    allowed = [str(value) for value in range(values)]
    orders(stack).subscribe_to(
        "Sales",
        topic=sns.Topic(stack, "Sales"),
        filter_policy={"kind": sns.SubscriptionFilter.string_filter(allowlist=allowed)},
    )

    assert properties(stack, "AWS::SNS::Subscription")["FilterPolicy"] == {"kind": allowed}


def test_a_filter_policy_may_fill_what_sns_takes(stack: cdk.Stack) -> None:
    bare = len('{"kind":["",""]}')
    allowed = ["a" * 1000, "b" * (256 * 1024 - bare - 1000)]
    orders(stack).subscribe_to(
        "Sales",
        topic=sns.Topic(stack, "Sales"),
        filter_policy={"kind": sns.SubscriptionFilter.string_filter(allowlist=allowed)},
    )

    assert properties(stack, "AWS::SNS::Subscription")["FilterPolicy"] == {"kind": allowed}
