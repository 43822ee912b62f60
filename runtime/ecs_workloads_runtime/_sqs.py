"""The client of SQS, and which of its errors may pass."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError, ParamValidationError

from ecs_workloads_runtime.sqs_connection import SqsConnection

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

_PATIENCE = 10
# An interface endpoint of the program's own network: the public address may be out of reach, or out of its policy.
_VPC_ENDPOINT = re.compile(r"\.vpce\.amazonaws\.com(?:\.cn)?(?::\d+)?$")
_SERVER_ERROR = 500
_THROTTLING = frozenset(
    {"KmsThrottled", "KMS.ThrottlingException", "OverLimit", "RequestThrottled", "Throttling", "ThrottlingException"}
)
# What is wrong with one message alone, mostly that its time is up.
_OF_A_RECEIPT = re.compile(
    r"(?:.+\.)?(?:ReceiptHandleIsInvalid|InvalidParameterValue|MessageNotInflight|InvalidIdFormat)(?:Exception)?"
)


def make_client(
    connection: SqsConnection, *, connections: int, seconds: float = _PATIENCE, connect_seconds: float | None = None
) -> SQSClient:
    """Return a client that tries each call once: who calls says how often to try again.

    Args:
        connection: The queue.
        connections: How many threads call at the same time.
        seconds: How long a call waits for an answer.
        connect_seconds: How long it waits for a connection before, with each address of the host. Defaults to the same.
    """
    is_elsewhere = connection.region is None or _VPC_ENDPOINT.search(connection.origin)
    session = boto3.session.Session()
    return session.client(  # pyright: ignore[reportUnknownMemberType]  # other services have no stubs here
        "sqs",
        # ECS sets AWS_REGION, which boto3 does not read. An emulator takes any.
        region_name=connection.region or session.region_name or os.environ.get("AWS_REGION", "us-east-1"),
        # At AWS botocore knows the address. Elsewhere the URL of the queue does.
        endpoint_url=connection.origin if is_elsewhere else None,
        config=Config(
            connect_timeout=seconds if connect_seconds is None else connect_seconds,
            read_timeout=seconds,
            max_pool_connections=connections,
            retries={"total_max_attempts": 1, "mode": "standard"},
        ),
    )


def may_pass(error: BotoCoreError | ClientError) -> bool:
    """Return whether the same call may go well later."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", _SERVER_ERROR)
        return status >= _SERVER_ERROR or error.response.get("Error", {}).get("Code") in _THROTTLING
    return not isinstance(error, NoCredentialsError | NoRegionError | ParamValidationError)


def is_refusal(error: BotoCoreError | ClientError) -> bool:
    """Return whether SQS refuses this program, and not only what it said of one message."""
    if isinstance(error, ClientError) and _OF_A_RECEIPT.fullmatch(error.response.get("Error", {}).get("Code", "")):
        return False
    return not may_pass(error)
