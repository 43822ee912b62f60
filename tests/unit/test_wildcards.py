"""Wildcards are acknowledged under the names that cdk-nag gives them, as soon as these are known."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template

from ecs_workloads._wildcards import Wildcards


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        ("arn:aws:s3:::logs/*", "arn:aws:s3:::logs/*"),
        (f"arn:{cdk.Aws.PARTITION}:s3:::logs/*", "arn:<AWS::Partition>:s3:::logs/*"),
        (f"{cdk.Fn.get_att('Logs', 'Arn').to_string()}:*", "<Logs.Arn>:*"),
        (f"{cdk.Fn.import_value('bucket')}/*", "bucket/*"),
        (cdk.Fn.sub("arn:${AWS::Partition}:s3:::logs/*"), "arn:<AWS::Partition>:s3:::logs/*"),
        (cdk.Fn.base64("*"), '{"Fn::Base64":"*"}'),
    ],
    # Not the ARNs: the number of a token differs between processes.
    ids=["written out", "pseudo parameter", "attribute", "import", "substitution", "other function"],
)
def test_a_wildcard_has_the_name_that_a_finding_has(stack: cdk.Stack, arn: str, name: str) -> None:
    told: list[str] = []
    Wildcards(stack, [arn]).tell(told.extend)

    assert told == [name]


def test_what_is_known_is_told_once(stack: cdk.Stack) -> None:
    told: list[str] = []
    Wildcards(stack, ["arn:aws:s3:::logs/*"]).tell(told.extend)
    Template.from_stack(stack)

    assert told == ["arn:aws:s3:::logs/*"]


def test_the_name_of_what_another_stack_has_is_told_when_it_is_known(stack: cdk.Stack) -> None:
    topic = sns.Topic(stack, "Topic")
    reader = cdk.Stack(stack.node.scope, "Reader")  # pyright: ignore[reportArgumentType]  # jsii#4541
    cdk.CfnOutput(reader, "Name", value=topic.topic_name)
    told: list[str] = []
    Wildcards(reader, [f"{topic.topic_name}:*"]).tell(told.extend)
    Template.from_stack(reader)

    assert len(told) == 2
    assert "Output" in told[1]
