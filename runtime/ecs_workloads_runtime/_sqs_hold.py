"""What a consumer has received from SQS and not done yet."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from ecs_workloads_runtime._sending import IDEMPOTENCY_KEY
from ecs_workloads_runtime._sqs import may_pass
from ecs_workloads_runtime.message import Message

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import MessageTypeDef

_LOG: structlog.stdlib.BoundLogger = structlog.get_logger("ecs_workloads_runtime")
_EXTENSION_SHARE = 1 / 3  # of the visibility time-out: two extensions may fail
_SOON = 1.0  # seconds until a failed extension is tried again


@dataclass(frozen=True, kw_only=True, eq=False)
class Received:
    """A message that is invisible to others for the time being."""

    receipt: str
    group: str | None
    message: Message

    @classmethod
    def read(cls, given: MessageTypeDef) -> Received:
        """Return what SQS gave."""
        sent = {
            name: value["StringValue"]
            for name, value in given.get("MessageAttributes", {}).items()
            if "StringValue" in value
        }
        system = given.get("Attributes", {})
        return cls(
            receipt=given.get("ReceiptHandle", ""),
            group=system.get("MessageGroupId"),
            message=Message(
                body=given.get("Body", ""),
                idempotency_key=sent.pop(IDEMPOTENCY_KEY, given.get("MessageId", "")),
                attributes=sent,
                attempt=int(system.get("ApproximateReceiveCount", "1")),
            ),
        )


class SqsHold:
    """Messages in the order in which they are worked on, kept invisible to others. The first is in hand.

    Where SQS does not answer, nothing is lost: messages become visible to others when their time is up.

    Args:
        client: A client that does not wait long.
        url: The queue.
        is_fifo: Whether messages of a group must keep their order.
    """

    def __init__(self, client: SQSClient, url: str, *, is_fifo: bool) -> None:
        self._client = client
        self._url = url
        self._is_fifo = is_fifo
        self._held: deque[Received] = deque()
        self._visibility = 0
        self._next_extension = 0.0

    def __bool__(self) -> bool:
        return bool(self._held)

    @property
    def first(self) -> Received:
        """The message in hand."""
        return self._held[0]

    def take(self, messages: Iterable[Received], *, visibility: int, since: float) -> None:
        """Hold messages too that were asked for at the time ``since`` and are invisible for so many seconds."""
        self._held.extend(messages)
        self._visibility = visibility
        self._next_extension = since + visibility * _EXTENSION_SHARE

    def let_go(self) -> None:
        """Hold the first no more: it is done."""
        self._held.popleft()

    def fail(self, seconds: int) -> None:
        """Let the first come again after so many seconds, and in a FIFO queue those behind it in its group after it."""
        failed = self._held[0]
        self._change_visibility([failed], seconds)
        self._give_back(self._behind({failed}))
        self._held.popleft()

    def give_back_all(self) -> None:
        """Let others have all of them at once."""
        self._give_back(list(self._held))

    def give_back_others(self) -> None:
        """Let others have all but the first at once."""
        self._give_back(list(self._held)[1:])

    def extend_when_due(self) -> None:
        """Keep what is held invisible to others."""
        now = time.monotonic()
        if not self._held or now < self._next_extension:
            return
        self._next_extension = now + self._visibility * _EXTENSION_SHARE
        lost = self._change_visibility(self._held, self._visibility)
        if lost is None:
            self._next_extension = min(self._next_extension, time.monotonic() + _SOON)
            return
        # What others may have by now is not begun, and nothing overtakes it.
        behind = self._behind(lost)
        first = self._held[0]
        self._held = deque(one for one in self._held if one is first or one not in lost)
        self._give_back(behind)

    def _behind(self, gone: set[Received]) -> list[Received]:
        """Return what must not be begun before ``gone``, which others may have or get."""
        if not self._is_fifo:
            return []
        groups = {one.group for one in gone}
        return [one for one in list(self._held)[1:] if one not in gone and one.group in groups]

    def _give_back(self, messages: list[Received]) -> None:
        self._change_visibility(messages, 0)
        self._held = deque(one for one in self._held if one not in messages)

    def _change_visibility(self, messages: Iterable[Received], seconds: int) -> set[Received] | None:
        """Make the messages visible to others after ``seconds``.

        Return those that are no longer ours; ``None`` where SQS did not answer, and may do so soon.
        """
        by_id = {str(index): one for index, one in enumerate(messages)}
        if not by_id:
            return set()
        try:
            answer = self._client.change_message_visibility_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": index, "ReceiptHandle": one.receipt, "VisibilityTimeout": seconds}
                    for index, one in by_id.items()
                ],
            )
        except (BotoCoreError, ClientError) as error:
            _LOG.warning("SQS did not change the visibility of messages", reason=str(error))
            return None if may_pass(error) else set()
        lost = {by_id[failed["Id"]] for failed in answer.get("Failed", [])}
        for one in lost:
            _LOG.warning("a message is no longer ours", idempotency_key=one.message.idempotency_key)
        return lost
