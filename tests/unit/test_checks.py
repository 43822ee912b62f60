"""How errors say times, and what is taken for a token."""

from __future__ import annotations

from datetime import timedelta

import pytest
from aws_cdk import CfnParameter, Stack, Token

from ecs_workloads._checks import in_words, is_token


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (timedelta(0), "0 seconds"),
        (timedelta(seconds=1), "1 second"),
        (timedelta(seconds=90), "90 seconds"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=2), "2 minutes"),
        (timedelta(hours=12), "12 hours"),
        (timedelta(days=14), "14 days"),
        (timedelta(days=1, seconds=1), "86401 seconds"),
        (timedelta(seconds=-1), "-1 second"),
        (timedelta(milliseconds=1500), "1.5 seconds"),
    ],
)
def test_a_time_is_said_in_the_largest_unit_of_which_it_is_a_whole_number(value: timedelta, words: str) -> None:
    assert in_words(value) == words


@pytest.mark.parametrize("value", [0, 1, 0.5, -1, "", "orders", "${Name}", None])
def test_a_plain_value_is_no_token(value: object) -> None:
    assert not is_token(value)


def test_a_value_of_the_deployment_is_a_token(stack: Stack) -> None:
    number = CfnParameter(stack, "Number", type="Number")
    text = CfnParameter(stack, "Text")

    assert is_token(number.value_as_number)
    assert is_token(text.value_as_string)
    assert is_token(f"orders-{text.value_as_string}")
    assert is_token(Token.as_number({"Ref": "Number"}))
