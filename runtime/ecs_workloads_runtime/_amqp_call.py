"""What a thread asks of the thread that owns a connection."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from typing import Generic, TypeVar

from pika.exceptions import AMQPError

from ecs_workloads_runtime._amqp import reason
from ecs_workloads_runtime._sending import PermanentFailure, TransientFailure

_Channel = TypeVar("_Channel")


class Call(Generic[_Channel]):
    """One thing to do on a channel, and where its answer goes.

    It is either begun by the thread that owns the channel, or given up by the thread that waits: never both, so that
    what was given up before it was begun is never done.

    Args:
        act: What to do. It is given the call itself, which it answers now or later, and the channel. It holds
            the message, so the call lets go of it as soon as it is begun.
    """

    def __init__(self, act: Callable[[Call[_Channel], _Channel], None]) -> None:
        self._act: Callable[[Call[_Channel], _Channel], None] | None = act
        self._answer: Future[None] = Future()

    def wait(self, timeout: timedelta) -> bool:
        """Return whether the answer came in time. Raise the failure, where it is one."""
        try:
            self._answer.result(max(0.0, timeout.total_seconds()))
        except TimeoutError:
            if self._answer.cancel() or not self._answer.done():
                return False
            self._answer.result()  # it came in the last moment
        return True

    def begin(self, channel: _Channel) -> None:
        """Act, unless nobody waits any more. An error fails this call, and no other."""
        if not self._answer.set_running_or_notify_cancel():
            return
        act, self._act = self._act, None
        try:
            if act is not None:
                act(self, channel)
        except AMQPError as error:
            self.fail(TransientFailure(reason(error)))
        except Exception as error:  # noqa: BLE001 - the thread serves others too
            self.fail(PermanentFailure(reason(error)))

    def succeed(self) -> None:
        """Answer a call that was begun."""
        self._answer.set_result(None)

    def fail(self, failure: TransientFailure | PermanentFailure) -> None:
        """Answer with ``failure``, unless nobody waits any more."""
        if self._answer.running() or self._answer.set_running_or_notify_cancel():
            self._act = None
            # A copy: an error that is raised many times would keep all their frames, and the messages in them.
            self._answer.set_exception(type(failure)(str(failure)))
