"""What the worker does with one message."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from ecs_workloads_runtime import Message, emit_metrics, log_context
from shop_worker.order_table import OrderTable

_LOG = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class ReceiptWriter:
    """Writes the receipt of an order, once, however often its message comes.

    Args:
        table: Table of the orders.
        work: Time for which one receipt keeps the processor busy.
    """

    table: OrderTable
    work: timedelta

    def __call__(self, message: Message) -> None:
        """Do the work of one message.

        Raises:
            ValueError: The message is no order. It ends among the dead letters.
        """
        order_id = _order_id(message.body)
        with log_context(request_id=message.attributes.get("request_id", ""), order_id=order_id):
            receipt = self.table.start(order_id)
            if receipt is None:
                _LOG.info("nothing to do: the order has its receipt or was withdrawn", attempt=message.attempt)
                return
            _LOG.info("order taken", attempt=message.attempt)
            pdf = receipt.render(self.work)
            done_at = datetime.now(UTC)
            if not self.table.finish(order_id, pdf, done_at):
                _LOG.info("nothing stored: another worker was faster")
                return
            _LOG.info("order done")
            waited = (done_at - receipt.placed_at).total_seconds()
            emit_metrics(
                "Shop", {"OrdersDone": (1, "Count"), "TimeToReceipt": (waited, "Seconds")}, {"Table": self.table.name}
            )


def _order_id(body: str) -> str:
    try:
        order_id = json.loads(body)["order_id"]
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"a message must be an object with an order_id, got {body[:200]!r}") from error
    if not isinstance(order_id, str) or not order_id:
        raise ValueError(f"order_id must be a text, got {order_id!r}")
    return order_id
