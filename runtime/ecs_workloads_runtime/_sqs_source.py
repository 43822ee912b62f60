"""Takes messages off a queue of SQS."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import wait
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
import tenacity
from botocore.exceptions import BotoCoreError, ClientError

from ecs_workloads_runtime._handling import Handling
from ecs_workloads_runtime._sqs import is_refusal, make_client, may_pass
from ecs_workloads_runtime._sqs_hold import Received, SqsHold
from ecs_workloads_runtime._stop import Stop
from ecs_workloads_runtime.queue_unreachable import QueueUnreachable
from ecs_workloads_runtime.sqs_connection import SqsConnection

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

_LOG: structlog.stdlib.BoundLogger = structlog.get_logger("ecs_workloads_runtime")
_TICK = 0.2
_ATTEMPTS = 5
# A stop waits for the call under way: together they take no more than five seconds.
_POLL_SECONDS = 3  # for a message to come
_RECEIVE_SECONDS = _POLL_SECONDS + 2
_ANSWER_SECONDS = 2
# With each address of the host. A packet that was lost is sent again after one second.
_CONNECT_SECONDS = 1.5


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
        self._url = connection.url
        self._receiver = _client(connection, _RECEIVE_SECONDS)
        self._client = _client(connection, _ANSWER_SECONDS)
        self._handling = handling
        # Of a FIFO queue one: SQS counts each delivery, so a message that fails would take those behind it in its group
        # along into the dead-letter queue, and what is behind one that is not deleted would be begun before it.
        self._prefetch = 1 if connection.is_fifo else prefetch
        self._visibility = None if visibility_timeout is None else int(visibility_timeout.total_seconds())
        self._redelivery_seconds = int(redelivery_delay.total_seconds())
        self._alive = alive
        self._hold = SqsHold(self._client, self._url)

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
                patiently(self._receive, self._visibility)
                self._work_off(stop)
        except (BotoCoreError, ClientError) as error:
            if not (stop.is_set() and may_pass(error)):
                raise QueueUnreachable(f"SQS refuses this program: {error}") from error
        finally:
            self._receiver.close()
            self._client.close()

    def _tell(self, state: tenacity.RetryCallState) -> None:
        self._alive()
        outcome = state.outcome
        _LOG.warning("SQS is away; trying again", reason=str(outcome.exception() if outcome else None))

    def _visibility_of_the_queue(self) -> int:
        answer = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=["VisibilityTimeout"])
        # A queue may have none; a message must be held for a second at least.
        return max(1, int(answer["Attributes"]["VisibilityTimeout"]))

    def _receive(self, visibility: int) -> None:
        begin = time.monotonic()
        answer = self._receiver.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=self._prefetch,
            VisibilityTimeout=visibility,
            WaitTimeSeconds=_POLL_SECONDS,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        self._hold.take(map(Received.read, answer.get("Messages", [])), visibility=visibility, since=begin)

    def _work_off(self, stop: Stop) -> None:
        """Work on what is held, one after another; before a stop takes effect, only on the first."""
        while self._hold and self._hold.refusal is None:
            if stop.is_set():
                self._hold.give_back_all()
            else:
                self._work_on_first(stop)
        if self._hold.refusal is not None:
            raise self._hold.refusal

    def _work_on_first(self, stop: Stop) -> None:
        received = self._hold.first
        if self._handling.was_done(received.message) or self._work(received, stop):
            try:
                self._delete(received, stop)
            except (BotoCoreError, ClientError):
                self._hold.give_back_others()
                raise
            self._hold.let_go()
        else:
            self._hold.fail(self._redelivery_seconds)
        self._hold.extend_when_due()

    def _work(self, received: Received, stop: Stop) -> bool:
        """Let the handler work, look after what is held meanwhile, and return whether the work was done."""
        work = self._handling.start(received.message)
        while not wait([work], timeout=_TICK).done:
            self._alive()
            if stop.is_set():
                self._hold.give_back_others()
            self._hold.extend_when_due()
        return work.result()

    def _delete(self, received: Received, stop: Stop) -> None:
        """Acknowledge. Where SQS does not answer, the message comes again, and this process knows it.

        Raises:
            ClientError: The program may not delete.
        """

        def is_enough(state: tenacity.RetryCallState) -> bool:
            waited = state.seconds_since_start or 0
            return state.attempt_number >= _ATTEMPTS or (stop.is_set() and waited >= _ANSWER_SECONDS)

        def look_after_others(_: tenacity.RetryCallState) -> None:
            self._alive()
            self._hold.extend_when_due()

        some_times = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_passes),
            wait=tenacity.wait_random_exponential(multiplier=0.1, max=1),
            stop=is_enough,
            before_sleep=look_after_others,
            reraise=True,
        )
        try:
            some_times(self._client.delete_message, QueueUrl=self._url, ReceiptHandle=received.receipt)
        except (BotoCoreError, ClientError) as error:
            if is_refusal(error):
                raise
            key = received.message.idempotency_key
            _LOG.warning("a message is done but not deleted; it comes again", idempotency_key=key, reason=str(error))


def _client(connection: SqsConnection, seconds: float) -> SQSClient:
    return make_client(connection, connections=1, seconds=seconds, connect_seconds=_CONNECT_SECONDS)


def _passes(error: BaseException) -> bool:
    return isinstance(error, BotoCoreError | ClientError) and may_pass(error)
