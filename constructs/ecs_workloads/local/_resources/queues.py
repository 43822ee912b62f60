"""Queues with the addresses that they have on AWS, so that a program cannot tell the difference by them."""

from __future__ import annotations

from ecs_workloads.local import _ministack


def use_aws_addresses() -> None:
    """Make the URL of each queue ``https://sqs.REGION.amazonaws.com/ACCOUNT/NAME``."""
    responses = _ministack.module("core.responses")

    def address(account_id: str, name: str) -> str:
        return f"https://sqs.{responses.get_region()}.amazonaws.com/{account_id}/{name}"

    _ministack.replace(_ministack.module("services.sqs"), "_queue_url_for_account", address)
