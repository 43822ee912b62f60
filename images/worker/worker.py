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

import boto3
import pika

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
    """Take messages off a queue of a broker until told to stop; acknowledge each after its work is done."""
    parameters = pika.URLParameters(url)
    parameters.credentials = pika.PlainCredentials(os.environ["ORDERS_USERNAME"], os.environ["ORDERS_PASSWORD"])
    with pika.BlockingConnection(parameters) as connection:
        channel = connection.channel()
        channel.queue_declare(name, durable=True, arguments={"x-queue-type": "quorum"})
        channel.basic_qos(prefetch_count=1)
        for method, _, body in channel.consume(name, inactivity_timeout=1):
            if method is not None:
                try:
                    process(body.decode() if body else "")
                except Exception:  # noqa: BLE001 - whatever it was, the message comes again
                    _LOG.exception("order failed; it will come again")
                    channel.basic_nack(method.delivery_tag, requeue=True)
                else:
                    channel.basic_ack(method.delivery_tag)
            if _STOP.is_set():
                channel.cancel()
                return


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
