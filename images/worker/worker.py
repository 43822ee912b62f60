"""The worker of the shop: takes orders off the queue, one at a time."""

# pyright: basic
# boto3 and pika ship no types.

import json
import logging
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError

_LOG = logging.getLogger("worker")
_STOP = threading.Event()


def process(body: str) -> None:
    """Do the work of one order."""
    order = json.loads(body)
    time.sleep(float(os.environ.get("WORK_SECONDS", "2")))
    _LOG.info("order %s is done", order["id"])


def consume_sqs(url: str) -> None:
    """Take messages off an SQS queue until told to stop; delete each after its work is done."""
    client = boto3.client("sqs")
    while not _STOP.is_set():
        for message in client.receive_message(QueueUrl=url, WaitTimeSeconds=5).get("Messages", []):
            try:
                process(message["Body"])
            except Exception:  # noqa: BLE001 - whatever it was, the message comes again
                _LOG.exception("order failed; it will come again")
                continue
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def consume_amqp(url: str, name: str) -> None:
    """Take messages off a queue of a broker until told to stop, and come back when the broker does."""
    parameters = pika.URLParameters(url)
    parameters.credentials = pika.PlainCredentials(os.environ["ORDERS_USERNAME"], os.environ["ORDERS_PASSWORD"])
    while not _STOP.is_set():
        try:
            with pika.BlockingConnection(parameters) as connection:
                consume_connected(connection, name)
        except AMQPError:
            _LOG.warning("the broker is away; trying again")
            _STOP.wait(2)


def consume_connected(connection: pika.BlockingConnection, name: str) -> None:
    """Work on one message after another; acknowledge each after its work is done."""
    channel = connection.channel()
    declare(channel, name)
    channel.basic_qos(prefetch_count=1)
    with ThreadPoolExecutor(max_workers=1) as work:
        for method, _, body in channel.consume(name, inactivity_timeout=1):
            if method is not None:
                # The work has a thread of its own, so that the connection keeps answering the broker meanwhile.
                done = work.submit(process, body.decode() if body else "")
                while not done.done():
                    connection.process_data_events(time_limit=0.2)  # pyright: ignore[reportArgumentType]  # parts of a second work
                if done.exception() is None:
                    channel.basic_ack(method.delivery_tag)
                else:
                    _LOG.error("order failed; it will come again", exc_info=done.exception())
                    connection.sleep(1)
                    channel.basic_nack(method.delivery_tag, requeue=True)
            if _STOP.is_set():
                channel.cancel()
                return


def declare(channel: BlockingChannel, name: str) -> None:
    """Declare the queue, and where its poison messages go, in the words of the app server: they hold for good."""
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


def main() -> None:
    """Work until SIGTERM, then finish the order at hand."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    signal.signal(signal.SIGTERM, lambda *_: _STOP.set())
    url, name = os.environ.get("ORDERS_URL", ""), os.environ.get("ORDERS_NAME", "")
    if url.startswith("https://"):
        consume_sqs(url)
    elif url.startswith("amqp://"):
        consume_amqp(url, name)
    else:
        sys.exit(f"worker: ORDERS_URL must begin with https:// or amqp://, got {url!r}")


if __name__ == "__main__":
    main()
