"""Puts messages on a queue of a broker."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import structlog
from pika.adapters.select_connection import IOLoop
from pika.channel import Channel
from pika.exceptions import ConnectionClosedByClient

from ecs_workloads_runtime._amqp import is_precondition, is_refusal, reason
from ecs_workloads_runtime._amqp_call import Call
from ecs_workloads_runtime._amqp_channel import ConfirmedChannel
from ecs_workloads_runtime._amqp_link import CLOSING_SECONDS, Link
from ecs_workloads_runtime._sending import OutgoingMessage, PermanentFailure, TransientFailure
from ecs_workloads_runtime.amqp_connection import AmqpConnection

_LOG: structlog.stdlib.BoundLogger = structlog.get_logger("ecs_workloads_runtime")


class AmqpSender:
    """A connection that one thread owns: it alone touches pika, which is not made for threads.

    Other threads hand it calls and wait for their answers. Many messages are under way at once, each with its own
    confirmation. The thread keeps the heartbeats going while nothing is sent, and connects again by itself.
    """

    def __init__(self, connection: AmqpConnection) -> None:
        self._queue = connection
        self._loop = IOLoop()
        self._trouble: TransientFailure | PermanentFailure = TransientFailure("the broker has not answered yet")
        self._door = threading.Lock()
        self._closed = False
        # From here on, all belongs to the thread.
        self._link = Link(connection, self._loop, self)
        self._channel: ConfirmedChannel | None = None
        self._alarm: str | None = None
        self._waiting: dict[Call[ConfirmedChannel], None] = {}  # for a channel, in order
        self._thread = threading.Thread(target=self._run, name="amqp-producer", daemon=True)
        self._thread.start()

    def send(self, message: OutgoingMessage, timeout: timedelta) -> None:
        """Return when the broker has confirmed that the queue has the message."""
        body = message.body.encode()
        self._ask(lambda call, channel: channel.publish(message, body, call), timeout)

    def check(self, timeout: timedelta) -> None:
        """Return when the broker has answered a question about the queue."""
        self._ask(lambda call, channel: channel.look(call), timeout)

    def close(self) -> None:
        """Close the connection; messages that are not confirmed by now fail at once."""
        with self._door:
            self._closed = True
            self._loop.add_callback_threadsafe(self._close)
        self._thread.join(CLOSING_SECONDS + 1)

    def _ask(self, act: Callable[[Call[ConfirmedChannel], ConfirmedChannel], None], timeout: timedelta) -> None:
        call = Call(act)
        with self._door:  # nothing comes behind the closing, where nobody would answer it
            if self._closed:
                raise PermanentFailure("the producer is closed")
            self._loop.add_callback_threadsafe(partial(self._take, call))
        if not call.wait(timeout):
            self._loop.add_callback_threadsafe(partial(self._forget, call))
            raise TransientFailure(f"no confirmation in time: {self._trouble}")

    # The thread.

    def on_declared(self, channel: Channel) -> None:
        """Have messages confirmed on ``channel``."""
        ConfirmedChannel(
            channel, self._queue, on_ready=self._on_ready, on_confirmed=self._work_off, on_missing=self._link.restart
        )

    def on_lost(self, error: BaseException) -> None:
        """Fail what was under way; what waits waits on, unless the broker refuses this program."""
        channel, self._channel = self._channel, None
        self._alarm = None
        # On a channel that took messages a broker finds fault with one of them, and not with the program.
        for_good = is_refusal(error) and not (channel is not None and is_precondition(error))
        text = "the connection is made again" if isinstance(error, ConnectionClosedByClient) else reason(error)
        self._trouble = PermanentFailure(text) if for_good else TransientFailure(text)
        if channel is not None:
            channel.lose(self._trouble, error)
        if for_good:
            self._fail_waiting(self._trouble)

    def on_alarm(self, alarm: str | None) -> None:
        """Hold all back until the alarm is over: the broker does not even read."""
        self._alarm = alarm
        if alarm is None:
            self._trouble = TransientFailure("the broker is silent")
            self._work_off()
        else:
            self._trouble = TransientFailure(f"the broker takes no messages, it has an alarm: {alarm}")

    def _run(self) -> None:
        self._loop.add_callback_threadsafe(self._link.open)
        while True:
            try:
                self._loop.start()
                break
            except Exception:  # noqa: BLE001 - without the thread no message would go out any more
                _LOG.exception("the connection of a producer failed; it is made again")
                self._loop.add_callback_threadsafe(self._link.restart)
        self._loop.close()

    def _on_ready(self, channel: ConfirmedChannel) -> None:
        self._channel = channel
        self._trouble = TransientFailure("the broker is silent")
        self._work_off()

    def _take(self, call: Call[ConfirmedChannel]) -> None:
        if self._link.rests and isinstance(self._trouble, PermanentFailure):
            call.fail(self._trouble)
        else:
            self._waiting[call] = None
            self._work_off()

    def _work_off(self) -> None:
        while self._waiting and self._channel is not None and self._alarm is None and self._channel.has_room:
            call = next(iter(self._waiting))
            del self._waiting[call]
            call.begin(self._channel)

    def _forget(self, call: Call[ConfirmedChannel]) -> None:
        self._waiting.pop(call, None)

    def _close(self) -> None:
        failure = PermanentFailure("the producer is closed")
        if self._channel is not None:
            self._channel.lose(failure)
        self._fail_waiting(failure)
        self._link.close()

    def _fail_waiting(self, failure: TransientFailure | PermanentFailure) -> None:
        waiting, self._waiting = self._waiting, {}
        for call in waiting:
            call.fail(failure)
