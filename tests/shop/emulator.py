"""moto's server in a process of its own, and what the data layer holds of a shop in it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import boto3
import httpx

from tests.shop.processes import ended_at_the_end, free_port, wait_until

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_sqs import SQSClient

REGION = "eu-west-1"
# As stacks/data_stack.py sets them, but for a short time-out: the tests wait for it.
VISIBILITY_TIMEOUT_SECONDS = 4
MAX_RECEIVE_COUNT = 5


@dataclass(frozen=True, kw_only=True)
class Emulator:
    """A running server of moto.

    Args:
        url: Its address.
    """

    url: str

    @property
    def variables(self) -> Mapping[str, str]:
        """What makes a program take it for AWS."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "emulated",
            "AWS_SECRET_ACCESS_KEY": "emulated",
            "AWS_REGION": REGION,
        }


@dataclass(frozen=True)
class Orders:
    """A table and a queue of orders of their own."""

    emulator: Emulator
    table: str
    queue_url: str
    dead_letters_url: str

    @property
    def variables(self) -> Mapping[str, str]:
        """What the stacks tell app server and worker."""
        return {
            **self.emulator.variables,
            "ORDERS_URL": self.queue_url,
            "ORDERS_NAME": self.queue_url.rsplit("/", maxsplit=1)[-1],
            "ORDERS_TABLE": self.table,
        }

    @cached_property
    def _dynamodb(self) -> DynamoDBClient:
        return _dynamodb(self.emulator)

    @cached_property
    def sqs(self) -> SQSClient:
        """Return a client for the queue."""
        return _sqs(self.emulator)

    def states(self) -> dict[str, str]:
        """Return the state of each order, by its id."""
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=self.table, ConsistentRead=True)
        return {
            item.get("order_id", {}).get("S", ""): item.get("order_state", {}).get("S", "")
            for page in pages
            for item in page["Items"]
        }

    def messages(self) -> int:
        """Return how many messages the queue holds, those in hand included."""
        return self._count(self.queue_url)

    def dead_letters(self) -> int:
        """Return how many messages were given up."""
        return self._count(self.dead_letters_url)

    def _count(self, url: str) -> int:
        answer = self.sqs.get_queue_attributes(
            QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        )
        return sum(int(count) for count in answer["Attributes"].values())


@contextmanager
def emulator(log: Path) -> Generator[Emulator]:
    """Run moto's server; its output goes to ``log``."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=output) as process,
        ended_at_the_end(process),
    ):
        found = Emulator(url=f"http://127.0.0.1:{port}")
        wait_until(lambda: _answers(f"{found.url}/moto-api/"), "moto's server answers")
        yield found


def make_orders(emulator: Emulator) -> Orders:
    """Make a table and a queue as the data layer does."""
    name = f"orders-{uuid4().hex[:12]}"
    sqs = _sqs(emulator)
    dead_letters = sqs.create_queue(QueueName=f"{name}-dead-letters")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead_letters, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    queue = sqs.create_queue(
        QueueName=name,
        Attributes={
            "VisibilityTimeout": str(VISIBILITY_TIMEOUT_SECONDS),
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": MAX_RECEIVE_COUNT}),
        },
    )["QueueUrl"]
    _dynamodb(emulator).create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "order_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "order_id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return Orders(emulator, name, queue, dead_letters)


def _session() -> boto3.session.Session:
    return boto3.session.Session(aws_access_key_id="emulated", aws_secret_access_key="emulated", region_name=REGION)


def _sqs(emulator: Emulator) -> SQSClient:
    return _session().client("sqs", endpoint_url=emulator.url)  # pyright: ignore[reportUnknownMemberType]  # no other stubs


def _dynamodb(emulator: Emulator) -> DynamoDBClient:
    return _session().client("dynamodb", endpoint_url=emulator.url)  # pyright: ignore[reportUnknownMemberType]  # no other stubs


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False
