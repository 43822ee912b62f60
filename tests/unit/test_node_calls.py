"""Synthesis time is calls to Node: what one further worker may make, and that what is remembered is given up again."""

from __future__ import annotations

import gc
from collections import Counter
from datetime import timedelta
from typing import Any
from weakref import ref

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from constructs import Construct
from jsii._kernel.providers import process

from ecs_workloads import BacklogPerTask, Container, Scaling, SqsQueue, Worker
from ecs_workloads._cluster_facts import cluster_facts
from ecs_workloads._once import once
from ecs_workloads._plain_metric import PlainMetric, parts_of, plain_metric

# 135 before the answers that never change were remembered.
_MOST = 55


def _worker(stack: cdk.Stack, number: int, cluster: ecs.ICluster, container: Container) -> None:
    policy = BacklogPerTask(acceptable_latency=timedelta(minutes=5), processing_time=timedelta(seconds=2))
    Worker(
        stack,
        f"Worker{number}",
        cluster=cluster,
        container=container,
        queue=SqsQueue(stack, f"Queue{number}", longest_processing_time=timedelta(minutes=2)),
        scaling=Scaling(min_capacity=1, max_capacity=2, policies=(policy,)),
    )


def test_a_further_worker_with_its_queue_makes_few_calls_to_node(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: Counter[str] = Counter()
    # jsii has no door for this; its version is pinned.
    node: Any = process._NodeProcess  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    genuine = node.send

    def send(self: object, request: object, response_type: object) -> object:
        calls[type(request).__name__] += 1
        return genuine(self, request, response_type)

    _worker(stack, 0, cluster, container)
    _worker(stack, 1, cluster, container)
    monkeypatch.setattr(node, "send", send)
    _worker(stack, 2, cluster, container)

    assert calls["CreateRequest"] >= 13  # the constructs themselves: the count counts
    assert calls.total() <= _MOST, calls


def test_an_answer_is_asked_for_once_and_forgotten_with_its_construct(stack: cdk.Stack) -> None:
    asked: list[str] = []

    @once
    def node_id(construct: Construct) -> str:
        asked.append("id")
        return construct.node.id

    construct = Construct(stack, "One")
    assert [node_id(construct), node_id(construct), node_id(Construct(stack, "Two"))] == ["One", "One", "Two"]
    assert len(asked) == 2


def test_an_answer_does_not_keep_what_it_is_about() -> None:
    class Subject:
        pass

    answers = once(id)
    subject = Subject()
    answers(subject)
    watched = ref(subject)
    del subject
    gc.collect()

    assert watched() is None


def test_stacks_of_other_regions_get_their_own_arns(cluster: ecs.Cluster) -> None:
    app, facts = cdk.App(), cluster_facts(cluster)
    arns = {
        facts.tasks_arn(cdk.Stack(app, region, env=cdk.Environment(account="111111111111", region=region))).split(":")[
            3
        ]
        for region in ("eu-west-1", "us-east-1")
    }
    assert arns == {"eu-west-1", "us-east-1"}


def test_parts_of_a_metric_are_those_of_aws_cdk_whoever_made_it() -> None:
    stack = cdk.Stack(cdk.App(), "Stack", env=cdk.Environment(account="111111111111", region="eu-west-1"))
    orders = SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=2))
    ours = [orders.metric_messages_waiting(), orders.metric_messages_in_flight(), orders.metric_messages_sent()]
    parts = PlainMetric(namespace="Shop", metric_name="Orders", dimensions={"Table": "orders"}, statistic="Sum")
    for metric in [*ours, plain_metric(parts)]:
        assert isinstance(metric, cloudwatch.Metric)
        assert parts_of(metric) == PlainMetric(
            namespace=metric.namespace,
            metric_name=metric.metric_name,
            dimensions=metric.dimensions or {},
            statistic=metric.statistic,
            region=metric.region,
            account=metric.account,
        )
    theirs = cloudwatch.Metric(namespace="Theirs", metric_name="Count", statistic="Sum")
    assert parts_of(theirs) == PlainMetric(namespace="Theirs", metric_name="Count", dimensions={}, statistic="Sum")


def test_a_finding_of_both_roles_has_the_reasons_of_both(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container
) -> None:
    _worker(stack, 0, cluster, container)
    definition = stack.node.find_child("Worker0").node.find_child("Default").node.find_child("TaskDefinition")
    reasons = {
        rule: reason
        for one in definition.node.metadata
        if one.type == cdk.Validations.ACKNOWLEDGED_RULES_METADATA_KEY
        for rule, reason in one.data.items()
    }
    reason = reasons["AwsSolutions::AwsSolutions-IAM5[Resource::*]"]
    assert "ecr:GetAuthorizationToken" in reason
    assert "logs:DescribeLogGroups" in reason
