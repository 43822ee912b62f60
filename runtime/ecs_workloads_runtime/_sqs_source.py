"""Takes messages off a queue of SQS."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import wait
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
import tenacity
from botocore.exceptions import BotoCoreError, ClientError

from ecs_workloads_runtime._handling import Handling
from ecs_workloads_runtime._sending import IDEMPOTENCY_KEY
from ecs_workloads_runtime._sqs import POLL_SECONDS, make_client, may_pass
from ecs_workloads_runtime._stop import Stop
from ecs_workloads_runtime.message import Message
from ecs_workloads_runtime.queue_unreachable import QueueUnreachable
from ecs_workloads_runtime.sqs_connection import SqsConnection

if TYPE_CHECKING:
    from types_boto3_sqs.type_defs import MessageTypeDef

_LOG: structlog.stdlib.BoundLogger = structlog.get_logger("ecs_workloads_runtime")
_TICK = 0.2
_ATTEMPTS = 5
_EXTENSION_SHARE = 1 / 3  # of the visibility time-out: two extensions may fail


@dataclass(frozen=True, kw_only=True, eq=False)
class _Received:
    """A message that is invisible to others for the time being."""

    receipt: str
    group: str | None
    message: Message


class SqsSource:
    """Receives, extends, deletes; the handler works in another thread meanwhile."""

    def __init__(
        self,
        connection: SqsConnection,
        *,
        handling: Handling,
        prefetch: int,
        visibility_timeout: timedelta | None,
        redelivery_delay: timedelta,
        alive: Callable[[], None],
    ) -> None:
        self._url, self._is_fifo = connection.url, connection.is_fifo
        self._client = make_client(connection, connections=1)
        self._handling = handling
        self._prefetch = prefetch
        self._visibility = None if visibility_timeout is None else int(visibility_timeout.total_seconds())
        self._redelivery_seconds = int(redelivery_delay.total_seconds())
        self._alive = alive
        self._held: deque[_Received] = deque()  # the first is in hand
        self._next_extension = 0.0

    def run(self, stop: Stop) -> None:
        """Take messages until ``stop``."""
        patiently = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_passes),
            wait=tenacity.wait_random_exponential(multiplier=0.2, max=5),
            stop=lambda _: stop.is_set(),
            sleep=stop.wait,
            before_sleep=self._tell,
            reraise=True,
        )
        try:
            if self._visibility is None:
                self._visibility = patiently(self._visibility_of_the_queue)
            while not stop.is_set():
                self._alive()
                self._held.extend(patiently(self._receive, self._visibility))
                self._work_off(self._visibility, stop)
        except (BotoCoreError, ClientError) as error:
            if not (stop.is_set() and may_pass(error)):
                raise QueueUnreachable(f"SQS refuses this program: {error}") from error
        finally:
            self._client.close()

    def _tell(self, state: tenacity.RetryCallState) -> None:
        self._alive()
        outcome = state.outcome
        _LOG.warning("SQS is away; trying again", reason=str(outcome.exception() if outcome else None))

    def _visibility_of_the_queue(self) -> int:
        answer = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=["VisibilityTimeout"])
        # A queue may have none; a message must be held for a second at least.
        return max(1, int(answer["Attributes"]["VisibilityTimeout"]))

    def _receive(self, visibility: int) -> list[_Received]:
        self._next_extension = time.monotonic() + visibility * _EXTENSION_SHARE
        answer = self._client.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=self._prefetch,
            VisibilityTimeout=visibility,
            WaitTimeSeconds=POLL_SECONDS,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["ApproximateReceiveCount", "MessageGroupId"],
        )
        return [_received(message) for message in answer.get("Messages", [])]

    def _work_off(self, visibility: int, stop: Stop) -> None:
        """Work on what is held, one after another; before a stop takes effect, only on the first."""
        while self._held:
            if stop.is_set():
                self._change_visibility(self._held, 0)
                self._held.clear()
                return
            received = self._held[0]
            if self._handling.was_done(received.message):
                self._delete(received)
            else:
                work = self._handling.start(received.message)
                while not wait([work], timeout=_TICK).done:
                    self._look_after(visibility, stop)
                if work.result():
                    self._delete(received)
                else:
                    self._fail(received)
            self._held.popleft()
            self._extend_when_due(visibility)

    def _look_after(self, visibility: int, stop: Stop) -> None:
        """Do what must be done while the handler works on the first of the messages."""
        self._alive()
        if stop.is_set() and len(self._held) > 1:
            received = self._held.popleft()
            self._change_visibility(self._held, 0)
            self._held = deque([received])
        self._extend_when_due(visibility)

    def _extend_when_due(self, visibility: int) -> None:
        """Keep what is held invisible to others."""
        if not self._held or time.monotonic() < self._next_extension:
            return
        self._next_extension = time.monotonic() + visibility * _EXTENSION_SHARE
        lost = self._change_visibility(self._held, visibility)
        # What others may have by now is not begun.
        first = self._held[0]
        self._held = deque(one for one in self._held if one is first or one.receipt not in lost)

    def _fail(self, received: _Received) -> None:
        """Let the message come again after a while, and in a FIFO queue those behind it in its group after it."""
        self._change_visibility([received], self._redelivery_seconds)
        if self._is_fifo:
            behind = [one for one in self._held if one.group == received.group and one is not received]
            self._change_visibility(behind, 0)
            self._held = deque(one for one in self._held if one not in behind)

    def _change_visibility(self, messages: Iterable[_Received], seconds: int) -> set[str]:
        """Make the messages visible to others after ``seconds``; return the receipts that no longer hold.

        Where SQS does not answer, the messages become visible when their time is up.
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
            self._next_extension = 0  # at once
            _LOG.warning("SQS did not change the visibility of messages", reason=str(error))
            return set()
        lost = {by_id[failed["Id"]] for failed in answer.get("Failed", [])}
        for one in lost:
            _LOG.warning("a message is no longer ours", idempotency_key=one.message.idempotency_key)
        return {one.receipt for one in lost}

    def _delete(self, received: _Received) -> None:
        """Acknowledge. Where SQS does not answer, the message comes again, and this process knows it."""
        some_times = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_passes),
            wait=tenacity.wait_random_exponential(multiplier=0.1, max=1),
            stop=tenacity.stop_after_attempt(_ATTEMPTS),
            reraise=True,
        )
        try:
            some_times(self._client.delete_message, QueueUrl=self._url, ReceiptHandle=received.receipt)
        except (BotoCoreError, ClientError) as error:
            key = received.message.idempotency_key
            _LOG.warning("a message is done but not deleted; it comes again", idempotency_key=key, reason=str(error))


def _passes(error: BaseException) -> bool:
    return isinstance(error, BotoCoreError | ClientError) and may_pass(error)


def _received(message: MessageTypeDef) -> _Received:
    sent = {
        name: value["StringValue"]
        for name, value in message.get("MessageAttributes", {}).items()
        if "StringValue" in value
    }
    system = message.get("Attributes", {})
    return _Received(
        receipt=message.get("ReceiptHandle", ""),
        group=system.get("MessageGroupId"),
        message=Message(
            body=message.get("Body", ""),
            idempotency_key=sent.pop(IDEMPOTENCY_KEY, message.get("MessageId", "")),
            attributes=sent,
            attempt=int(system.get("ApproximateReceiveCount", "1")),
        ),
    )
