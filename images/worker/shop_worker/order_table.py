"""The table of the orders, as the worker sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from shop_worker.receipt import Receipt

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, kw_only=True)
class OrderTable:
    """Orders by their id; the app server puts them there.

    Args:
        client: Client of DynamoDB.
        name: Name of the table, whose key is the text ``order_id``.
    """

    client: DynamoDBClient
    name: str

    def start(self, order_id: str) -> Receipt | None:
        """Say that a worker has the order, and return what goes on its receipt.

        Returns none if there is nothing to do: the order has its receipt, or was withdrawn.
        """
        try:
            answer = self.client.update_item(
                TableName=self.name,
                Key={"order_id": {"S": order_id}},
                UpdateExpression="SET order_state = :preparing",
                ConditionExpression="attribute_exists(order_id) AND attribute_not_exists(receipt)",
                ExpressionAttributeValues={":preparing": {"S": "preparing"}},
                ReturnValues="ALL_NEW",
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            return None
        # DynamoDB puts each value under the name of its type: {"S": "tea"}.
        values = {name: str(next(iter(value.values()))) for name, value in answer["Attributes"].items()}
        return Receipt(
            order_id=order_id,
            article=values["article"],
            quantity=int(values["quantity"]),
            placed_at=datetime.fromisoformat(values["placed_at"]),
        )

    def finish(self, order_id: str, receipt: bytes, done_at: datetime) -> bool:
        """Store the receipt, once: say whether it was this call that did."""
        try:
            self.client.update_item(
                TableName=self.name,
                Key={"order_id": {"S": order_id}},
                UpdateExpression="SET receipt = :receipt, order_state = :done, done_at = :done_at",
                ConditionExpression="attribute_exists(order_id) AND attribute_not_exists(receipt)",
                ExpressionAttributeValues={
                    ":receipt": {"B": receipt},
                    ":done": {"S": "done"},
                    ":done_at": {"S": done_at.isoformat()},
                },
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            return False
        return True
