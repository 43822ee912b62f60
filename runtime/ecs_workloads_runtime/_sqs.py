"""The client of SQS, and which of its errors may pass."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError, ParamValidationError

from ecs_workloads_runtime.sqs_connection import SqsConnection

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

_PATIENCE = 10
_SERVER_ERROR = 500
_THROTTLING = frozenset(
    {"KmsThrottled", "KMS.ThrottlingException", "OverLimit", "RequestThrottled", "Throttling", "ThrottlingException"}
)


def make_client(connection: SqsConnection, *, connections: int, seconds: float = _PATIENCE) -> SQSClient:
    """Return a client that tries each call once: who calls says how often to try again.

    Args:
        connection: The queue.
        connections: How many threads call at the same time.
        seconds: How long a call waits for a connection, and then for an answer.
    """
    session = boto3.session.Session()
    return session.client(  # pyright: ignore[reportUnknownMemberType]  # other services have no stubs here
        "sqs",
        # ECS sets AWS_REGION, which boto3 does not read. An emulator takes any.
        region_name=connection.region or session.region_name or os.environ.get("AWS_REGION", "us-east-1"),
        # At AWS botocore knows the address. Elsewhere the URL of the queue does.
        endpoint_url=connection.origin if connection.region is None else None,
        config=Config(
            connect_timeout=seconds,
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
