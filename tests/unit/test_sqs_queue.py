"""Tests of `SqsQueue`."""

from datetime import timedelta

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Match, Template

from ecs_workloads import SqsQueue


def test_failed_messages_end_in_the_dead_letter_queue(stack: cdk.Stack) -> None:
    SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=2), max_receive_count=7)

    Template.from_stack(stack).has_resource_properties(
        "AWS::SQS::Queue",
        {"RedrivePolicy": Match.object_like({"maxReceiveCount": 7}), "VisibilityTimeout": 180},
    )


def test_fails_when_processing_takes_longer_than_a_message_can_stay_invisible(stack: cdk.Stack) -> None:
    with pytest.raises(ValueError, match=r"Stack/Orders: longest_processing_time .* to 28800 seconds, got 32400"):
        SqsQueue(stack, "Orders", longest_processing_time=timedelta(hours=9))
