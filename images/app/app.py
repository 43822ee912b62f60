"""The app server of the shop: takes orders and puts them on the queue."""

# pyright: basic
# boto3 and pika ship no types.

import json
import os
import sys
import uuid
from collections.abc import Callable

import boto3
import pika
import uvicorn
from pika.adapters.blocking_connection import BlockingChannel
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

Send = Callable[[str], None]


def sender() -> Send:
    """Return what puts a message on the queue that the variables ``ORDERS_*`` name."""
    url, name = os.environ.get("ORDERS_URL", ""), os.environ.get("ORDERS_NAME", "")
    if url.startswith("https://"):
        client = boto3.client("sqs")
        return lambda body: client.send_message(QueueUrl=url, MessageBody=body)
    if url.startswith("amqp://"):
        parameters = pika.URLParameters(url)
        parameters.credentials = pika.PlainCredentials(os.environ["ORDERS_USERNAME"], os.environ["ORDERS_PASSWORD"])

        def publish(body: str) -> None:
            with pika.BlockingConnection(parameters) as connection:
                channel = connection.channel()
                declare(channel, name)
                channel.confirm_delivery()
                properties = pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent)
                channel.basic_publish("", name, body.encode(), properties, mandatory=True)

        return publish
    sys.exit(f"app: ORDERS_URL must begin with https:// or amqp://, got {url!r}")


def declare(channel: BlockingChannel, name: str) -> None:
    """Declare the queue, and where its poison messages go, in the words of the worker: they hold for good."""
    dead_letters = f"{name}.dead-letters"
    channel.queue_declare(dead_letters, durable=True, arguments={"x-queue-type": "quorum"})
    arguments = {
        "x-queue-type": "quorum",
        "x-delivery-limit": 5,
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": dead_letters,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
    channel.queue_declare(name, durable=True, arguments=arguments)


def healthz(_: Request) -> Response:
    """Say that the process serves."""
    return PlainTextResponse("ok")


async def place_order(request: Request) -> Response:
    """Put an order on the queue."""
    try:
        order = json.loads(await request.body())
    except ValueError:
        order = None
    article = order.get("article") if isinstance(order, dict) else None
    if not isinstance(article, str) or not article:
        return JSONResponse({"error": "article must be a text"}, status_code=422)
    identifier = str(uuid.uuid4())
    send: Send = request.app.state.send
    await run_in_threadpool(send, json.dumps({"id": identifier, "article": article}))
    return JSONResponse({"id": identifier}, status_code=202)


def main() -> None:
    """Serve until SIGTERM, then finish the requests at hand."""
    app = Starlette(routes=[Route("/healthz", healthz), Route("/orders", place_order, methods=["POST"])])
    app.state.send = sender()
    # Longer than the five minutes for which the proxy of Service Connect keeps an idle connection.
    uvicorn.run(app, host="0.0.0.0", port=int(os.environ.get("PORT", "8000")), timeout_keep_alive=330)  # noqa: S104


if __name__ == "__main__":
    main()
