"""Messages of a topic, put on a queue of SQS."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Stack, Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from ecs_workloads._checks import is_token, require
from ecs_workloads._filter_policy import check_filter_policy


def subscribe(
    path: str,
    construct_id: str,
    *,
    queue: sqs.Queue,
    dead_letter_queue: sqs.IQueue,
    topic: sns.ITopic,
    filter_policy: Mapping[str, sns.SubscriptionFilter] | None,
    filter_policy_with_message_body: Mapping[str, sns.FilterOrPolicy] | None,
) -> sns.Subscription:
    """Put the messages of ``topic`` on ``queue``. All of it is in the stack of the queue, or of its key."""
    _check_kind(path, queue, topic)
    require(
        filter_policy is None or filter_policy_with_message_body is None,
        path,
        "a subscription has filter_policy or filter_policy_with_message_body, not both",
    )
    policies = {"filter_policy": filter_policy, "filter_policy_with_message_body": filter_policy_with_message_body}
    for argument, policy in policies.items():
        if policy is not None:
            check_filter_policy(queue, path, argument, policy)
    require(
        queue.node.try_find_child(construct_id) is None,
        path,
        f"there is a subscription {construct_id!r} already",
    )
    for other in queue.node.children:
        require(
            not (isinstance(other, sns.Subscription) and _topic_of(other) == topic.topic_arn),
            path,
            f"the queue is subscribed to this topic already, as {other.node.id!r}: SNS knows one subscription of each "
            "queue to each topic",
        )
    _let_topic_send(queue, topic)
    if queue.encryption_master_key is not None:
        _let_topic_encrypt(queue.encryption_master_key, topic)
    subscription = sns.Subscription(
        queue,
        construct_id,
        topic=topic,
        protocol=sns.SubscriptionProtocol.SQS,
        endpoint=queue.queue_arn,
        # What the program sent is what the worker gets: no envelope around it.
        raw_message_delivery=True,
        filter_policy=filter_policy,
        filter_policy_with_message_body=filter_policy_with_message_body,
        dead_letter_queue=dead_letter_queue,
    )
    # Else the first messages may come before the topic may send.
    for guarded in (queue, dead_letter_queue):
        queue_policy = guarded.node.try_find_child("Policy")
        if queue_policy is not None:
            subscription.node.add_dependency(queue_policy)
    return subscription


def _check_kind(path: str, queue: sqs.Queue, topic: sns.ITopic) -> None:
    # aws_cdk takes an imported topic for FIFO by the end of its ARN, which only the deployment may know.
    known = isinstance(topic, sns.Topic) or not is_token(topic.topic_arn)
    require(
        not known or topic.fifo == queue.fifo,
        path,
        f"a FIFO queue and a FIFO topic go together: the queue has fifo={queue.fifo}, and the topic fifo={topic.fifo}",
    )
    own, other = Stack.of(queue).region, topic.env.region
    require(
        Token.is_unresolved(own) or Token.is_unresolved(other) or own == other,
        path,
        f"the topic is in {other} and the queue in {own}: SNS keeps what it cannot deliver only in its own region",
    )


def _topic_of(subscription: sns.Subscription) -> str:
    resource = subscription.node.default_child
    if not isinstance(resource, sns.CfnSubscription):  # pragma: no cover - guards an id inside aws_cdk
        raise TypeError(f"{subscription.node.path}: aws_cdk no longer keeps the subscription's resource as its default")
    return resource.topic_arn


def _let_topic_send(queue: sqs.Queue, topic: sns.ITopic) -> None:
    queue.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("sns.amazonaws.com")],  # pyright: ignore[reportArgumentType]  # jsii#4541
            actions=["sqs:SendMessage"],
            resources=[queue.queue_arn],
            conditions={"ArnEquals": {"aws:SourceArn": topic.topic_arn}},
        )
    )


def _let_topic_encrypt(key: kms.IKey, topic: sns.ITopic) -> None:
    """Let the topics of the topic's account use ``key``.

    The topic itself is not named: its stack may need the key too, and the two would depend on each other in a circle.
    """
    stack = Stack.of(key)
    account, region = (own if Token.is_unresolved(of) else of for own, of in _places(stack, topic))
    topics = stack.format_arn(service="sns", resource="*", region=region, account=account)
    key.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("sns.amazonaws.com")],  # pyright: ignore[reportArgumentType]  # jsii#4541
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=["*"],
            conditions={"ArnLike": {"aws:SourceArn": topics}},
        )
    )


def _places(stack: Stack, topic: sns.ITopic) -> tuple[tuple[str, str], tuple[str, str]]:
    return (stack.account, topic.env.account), (stack.region, topic.env.region)
