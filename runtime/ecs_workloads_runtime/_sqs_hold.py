"""What a consumer has received from SQS and not done yet."""

from __future__ import annotations

import operator
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
import tenacity
from botocore.exceptions import BotoCoreError, ClientError

from ecs_workloads_runtime._sending import IDEMPOTENCY_KEY
from ecs_workloads_runtime._sqs import is_refusal, may_pass
from ecs_workloads_runtime.message import Message

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import MessageTypeDef

_LOG: structlog.stdlib.BoundLogger = structlog.get_logger("ecs_workloads_runtime")
_EXTENSION_SHARE = 1 / 3  # of the visibility time-out: two extensions may fail
_SOON = 1.0  # seconds until a failed extension is tried again
_LONGEST_SECONDS = 12 * 60 * 60  # SQS keeps a message for no longer, counted from its delivery
_ATTEMPTS = 5
_PATIENCE = 2.0  # to give messages back


@dataclass(frozen=True, kw_only=True, eq=False)
class Received:
    """A message that is invisible to others for the time being."""

    receipt: str
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
    """

    def __init__(self, client: SQSClient, url: str) -> None:
        self.refusal: BotoCoreError | ClientError | None = None
        """Why the program may not change the visibility of messages, if that is so."""
        self._client = client
        self._url = url
        self._held: deque[Received] = deque()
        self._visibility = 0
        self._since = 0.0
        self._next_extension = 0.0

    def __bool__(self) -> bool:
        return bool(self._held)

    @property
    def first(self) -> Received:
        """The message in hand."""
        return self._held[0]

    def take(self, messages: Iterable[Received], *, visibility: int, since: float) -> None:
        """Hold messages, where there are none: asked for at ``since``, and invisible for so many seconds."""
        self._held.extend(messages)
        self._visibility = visibility
        self._since = since
        self._next_extension = since + visibility * _EXTENSION_SHARE

    def let_go(self) -> None:
        """Hold the first no more: it is done."""
        self._held.popleft()

    def fail(self, seconds: int) -> None:
        """Let the first come again after so many seconds."""
        self._give_back([self._held.popleft()], seconds)

    def give_back_all(self) -> None:
        """Let others have all of them at once."""
        messages, self._held = list(self._held), deque()
        self._give_back(messages, 0)

    def give_back_others(self) -> None:
        """Let others have all but the first at once."""
        first, *others = self._held
        self._held = deque([first])
        self._give_back(others, 0)

    def extend_when_due(self) -> None:
        """Keep what is held invisible to others, for as long as SQS allows."""
        now = time.monotonic()
        if not self._held or now < self._next_extension:
            return
        self._next_extension = now + self._visibility * _EXTENSION_SHARE
        seconds = self._allowed(self._visibility)
        if not seconds:
            return
        answer = self._change_visibility(self._held, seconds)
        if answer.unanswered:
            self._next_extension = min(self._next_extension, time.monotonic() + _SOON)
        # What others may have by now is not begun.
        first = self._held[0]
        self._held = deque(one for one in self._held if one is first or one not in answer.lost)

    def _allowed(self, seconds: int) -> int:
        """Return ``seconds``, or what is left of the time for which SQS keeps the messages."""
        return max(0, min(seconds, int(_LONGEST_SECONDS - (time.monotonic() - self._since))))

    def _give_back(self, messages: list[Received], seconds: int) -> None:
        """Let messages be visible after so many seconds: try a few times, since they else are so much later."""
        left = messages

        def change() -> bool:
            nonlocal left
            left = self._change_visibility(left, self._allowed(seconds)).unanswered
            return not left

        tenacity.Retrying(
            retry=tenacity.retry_if_result(operator.not_),
            wait=tenacity.wait_random_exponential(multiplier=0.1, max=1),
            stop=tenacity.stop_after_attempt(_ATTEMPTS) | tenacity.stop_after_delay(_PATIENCE),
            before_sleep=lambda _: self.extend_when_due(),
            retry_error_callback=lambda _: None,
        )(change)

    def _change_visibility(self, messages: Iterable[Received], seconds: int) -> _Answer:
        """Make the messages visible to others after ``seconds``."""
        by_id = {str(index): one for index, one in enumerate(messages)}
        if not by_id:
            return _Answer()
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
            if is_refusal(error):
                self.refusal = error
            return _Answer(unanswered=list(by_id.values()) if may_pass(error) else [])
        failures = answer.get("Failed", [])
        lost = [by_id[failure["Id"]] for failure in failures if failure["SenderFault"]]
        for one in lost:
            _LOG.warning("a message is no longer ours", idempotency_key=one.message.idempotency_key)
        return _Answer(lost=lost, unanswered=[by_id[each["Id"]] for each in failures if not each["SenderFault"]])


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """What SQS did not do: it says that a message is no longer ours, or it failed, and may not do so again."""

    lost: list[Received] = field(default_factory=list[Received])
    unanswered: list[Received] = field(default_factory=list[Received])
