"""Takes messages off a queue, and acknowledges each after its work is done."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from ecs_workloads_runtime._amqp_source import AmqpSource
from ecs_workloads_runtime._handling import Handler, Handling, refuse_generators
from ecs_workloads_runtime._health_file import HealthFile
from ecs_workloads_runtime._sqs_source import SqsSource
from ecs_workloads_runtime._stop import Stop
from ecs_workloads_runtime.amqp_connection import AmqpConnection
from ecs_workloads_runtime.sqs_connection import SqsConnection

_LONGEST_VISIBILITY = timedelta(hours=12)
_MOST_OF_SQS = 10
_MOST_OF_AMQP = 65535
_REDELIVERY_DELAY = timedelta(seconds=1)


class Consumer:
    """Takes messages off one queue and gives them to a handler, one at a time.

    A message is acknowledged after the handler has returned. Where the handler raises, the message comes again, and
    after as many failures as the queue allows it is in the dead-letter queue. However long the handler takes, nobody
    else gets its message meanwhile. A lost connection is made again.

    Args:
        connection: The queue.
        handler: What does the work: a function of a `Message`. What it returns is awaited, where that is possible, in
            an event loop that runs for as long as the consumer. Anything else that it returns means nothing.
        prefetch: Most messages held at once, the one in hand included: 1 to 10 for SQS, 1 to 65 535 for a broker. More
            than 1 is faster for short work, and gives a consumer more than its share. Of a FIFO queue of SQS one is
            held, whatever this says.
        visibility_timeout: Time after which SQS gives a message to another consumer when this one has died, one
            second to 12 hours, whole seconds. It is extended while the handler works. Defaults to what the queue
            has. For a broker it means nothing: a broker sees a dead consumer by its connection.
        redelivery_delay: Time after which a message comes again that the handler failed, whole seconds up to 12
            hours. A broker counts such a message as held for that time.
        health_file: A file that is touched at least every 20 seconds while the loop lives, for
            ``python -m ecs_workloads_runtime.health``. Defaults to none.

    Raises:
        ValueError: A value is out of its range.
        TypeError: ``handler`` is a function with ``yield``, which does nothing when it is called.
    """

    def __init__(
        self,
        connection: SqsConnection | AmqpConnection,
        handler: Handler,
        *,
        prefetch: int = 1,
        visibility_timeout: timedelta | None = None,
        redelivery_delay: timedelta = _REDELIVERY_DELAY,
        health_file: Path | None = None,
    ) -> None:
        most = _MOST_OF_SQS if isinstance(connection, SqsConnection) else _MOST_OF_AMQP
        if not 1 <= prefetch <= most:
            raise ValueError(f"prefetch must be 1 to {most} for this queue, got {prefetch}")
        if visibility_timeout is not None:
            _check_seconds("visibility_timeout", visibility_timeout, timedelta(seconds=1))
        _check_seconds("redelivery_delay", redelivery_delay, timedelta())
        refuse_generators(handler)
        self._connection = connection
        self._handler = handler
        self._prefetch = prefetch
        self._visibility_timeout = visibility_timeout
        self._redelivery_delay = redelivery_delay
        self._health_file = HealthFile(health_file)
        self._stop = Stop()

    def run(self) -> None:
        """Work until SIGTERM, SIGINT or `stop`: then finish the message in hand, and give back the others.

        In the main thread it takes both signals over while it runs. A stop takes as long as the message in hand, and
        about five seconds more where the queue is silent. Tasks that an asynchronous handler left behind are cancelled,
        and have two seconds.

        Raises:
            QueueUnreachable: The queue refuses this program. A queue that does not answer is tried again for ever.
            RuntimeError: ``health_file`` cannot be written.
        """
        with self._stop.on_signals():  # before the file says that it lives
            self._health_file.touch()
            handling = Handling(self._handler)
            try:
                self._source(handling).run(self._stop)
            finally:
                handling.close()

    def stop(self) -> None:
        """End `run`, from any thread. A consumer that was stopped stays so."""
        self._stop.set()

    def _source(self, handling: Handling) -> SqsSource | AmqpSource:
        if isinstance(self._connection, SqsConnection):
            return SqsSource(
                self._connection,
                handling=handling,
                prefetch=self._prefetch,
                visibility_timeout=self._visibility_timeout,
                redelivery_delay=self._redelivery_delay,
                alive=self._health_file.touch,
            )
        return AmqpSource(
            self._connection,
            handling=handling,
            prefetch=self._prefetch,
            redelivery_delay=self._redelivery_delay,
            alive=self._health_file.touch,
        )


def _check_seconds(name: str, value: timedelta, least: timedelta) -> None:
    if not least <= value <= _LONGEST_VISIBILITY or value.microseconds:
        raise ValueError(f"{name} must be whole seconds, {least} to {_LONGEST_VISIBILITY}, got {value}")
