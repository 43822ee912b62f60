"""The table of the orders, as the app server sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from botocore.exceptions import BotoCoreError, ClientError

from shop_app.order import NewOrder, Order

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_dynamodb.type_defs import AttributeValueTypeDef

# What boto3 raises when the table cannot be reached, is throttled or refuses.
TableFailure = (BotoCoreError, ClientError)
_STATE = "order_id, article, quantity, order_state, placed_at, done_at"


@dataclass(frozen=True, kw_only=True)
class OrderTable:
    """Orders by their id. The worker writes their later states, and the receipt.

    Every method raises one of ``TableFailure`` when the table cannot be reached.

    Args:
        client: Client of DynamoDB.
        name: Name of the table, whose key is the text ``order_id``.
    """

    client: DynamoDBClient
    name: str

    def add(self, new: NewOrder) -> Order:
        """Keep an order, and return it with its id."""
        order = Order(
            id=uuid4(), article=new.article, quantity=new.quantity, state="placed", placed_at=datetime.now(UTC)
        )
        self.client.put_item(
            TableName=self.name,
            Item={
                "order_id": {"S": str(order.id)},
                "article": {"S": order.article},
                "quantity": {"N": str(order.quantity)},
                "order_state": {"S": order.state},
                "placed_at": {"S": order.placed_at.isoformat()},
            },
        )
        return order

    def withdraw(self, order_id: UUID) -> None:
        """Forget an order that nobody was told of. A worker that hears of it all the same finds nothing to do."""
        self.client.delete_item(TableName=self.name, Key={"order_id": {"S": str(order_id)}})

    def find(self, order_id: UUID) -> Order | None:
        """Return an order, or none."""
        item = self._item(order_id, _STATE)
        if item is None:
            return None
        # DynamoDB puts each value under the name of its type: {"S": "tea"}.
        values = {name: next(iter(value.values())) for name, value in item.items()}
        return Order.model_validate({**values, "id": values["order_id"], "state": values["order_state"]})

    def receipt(self, order_id: UUID) -> bytes | None:
        """Return the receipt of an order as PDF, or none while there is none."""
        item = self._item(order_id, "receipt")
        return None if item is None else item.get("receipt", {}).get("B")

    def check(self) -> None:
        """Read from the table, to see whether it can be reached."""
        self._item(UUID(int=0), "order_id")

    def _item(self, order_id: UUID, attributes: str) -> dict[str, AttributeValueTypeDef] | None:
        answer = self.client.get_item(
            TableName=self.name,
            Key={"order_id": {"S": str(order_id)}},
            ConsistentRead=True,
            ProjectionExpression=attributes,
        )
        return answer.get("Item")
