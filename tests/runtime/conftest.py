"""Both kinds of queue, each as real as this machine has it."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import boto3
import pytest

from ecs_workloads_runtime import AmqpConnection, SqsConnection, _sqs_source
from tests.broker.root import why_not
from tests.runtime.broker import Broker, free_port
from tests.runtime.proxy import Proxy

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.literals import QueueAttributeNameType

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "eu-west-1"}
MOST_RECEIVES = 5  # as often as a broker delivers


@dataclass(frozen=True, kw_only=True)
class SqsQueueUnderTest:
    """A queue of an emulator, with a dead-letter queue."""

    connection: SqsConnection
    client: SQSClient
    dead_letter_url: str

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which a program finds it."""
        return {"ORDERS_URL": self.connection.url, "ORDERS_NAME": "orders", **CREDENTIALS}

    @property
    def sending(self) -> SqsConnection:
        """How its producer is connected."""
        return self.connection

    @property
    def sending_environment(self) -> dict[str, str]:
        """The variables by which its producer finds it."""
        return self.environment

    def held(self) -> int:
        """Return how many messages are in it, visible or not."""
        found = self.client.get_queue_attributes(QueueUrl=self.connection.url, AttributeNames=["All"])["Attributes"]
        return int(found["ApproximateNumberOfMessages"]) + int(found["ApproximateNumberOfMessagesNotVisible"])

    def dead_letters(self) -> list[str]:
        """Return the bodies of the dead letters, and take them."""
        answer = self.client.receive_message(QueueUrl=self.dead_letter_url, MaxNumberOfMessages=10)
        return [message.get("Body", "") for message in answer.get("Messages", [])]


@dataclass(frozen=True, kw_only=True)
class AmqpQueueUnderTest:
    """A queue of a real RabbitMQ."""

    broker: Broker
    connection: AmqpConnection
    sending: AmqpConnection

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which its consumer finds it."""
        return _variables(self.connection)

    @property
    def sending_environment(self) -> dict[str, str]:
        """The variables by which its producer finds it."""
        return _variables(self.sending)

    def held(self) -> int:
        """Return how many messages wait; those that a consumer holds are not among them."""
        with self.broker.connect() as connection:
            answer = connection.channel().queue_declare(self.connection.name, passive=True)
            return int(answer.method.message_count or 0)

    def with_password(self, password: str) -> AmqpConnection:
        """Return the connection with another password."""
        return replace(self.connection, password=password)

    def limit(self, length: int) -> None:
        """Let it take no more than so many messages."""
        self.broker.limit(self.connection.name, length)

    def delete(self) -> None:
        """Delete it behind the back of the programs."""
        with self.broker.connect() as connection:
            connection.channel().queue_delete(self.connection.name)

    def publish(self, body: bytes) -> None:
        """Put a message on it that no producer of ours would send."""
        with self.broker.connect() as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            channel.basic_publish("", self.connection.name, body, mandatory=True)

    def dead_letters(self) -> list[str]:
        """Return the bodies of the dead letters, and take them."""
        return [body.decode() for body in self.dead_bytes()]

    def dead_bytes(self) -> list[bytes]:
        """Return the dead letter, if there is one, and take it."""
        with self.broker.connect() as connection:
            name = f"{self.connection.name}.dead-letters"
            _, _, body = connection.channel().basic_get(name, auto_ack=True)
            return [] if body is None else [body]


QueueUnderTest = SqsQueueUnderTest | AmqpQueueUnderTest


def _variables(connection: AmqpConnection) -> dict[str, str]:
    exchange = {"ORDERS_EXCHANGE": connection.exchange} if connection.exchange else {}
    return {
        "ORDERS_URL": connection.url,
        "ORDERS_NAME": connection.name,
        "ORDERS_USERNAME": connection.username,
        "ORDERS_PASSWORD": connection.password,
        **exchange,
    }


@pytest.fixture(scope="session")
def moto_origin() -> Generator[str, None, None]:
    """The address of moto's server."""
    port = free_port()
    with _served([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], port) as origin:
        yield origin


@pytest.fixture(scope="session")
def ministack_origin(tmp_path_factory: pytest.TempPathFactory) -> Generator[str, None, None]:
    """The address of ministack, which takes a tenth of the time of moto's server for many messages."""
    port = free_port()
    variables = {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "PERSIST_STATE": "0",
        "S3_PERSIST": "0",
        "DOCKER_HOST": f"unix://{tmp_path_factory.mktemp('ministack')}/no-docker",
    }
    with _served([sys.executable, "-m", "ministack"], port, **variables) as origin:
        yield origin


@contextlib.contextmanager
def _served(command: Sequence[str], port: int, **variables: str) -> Generator[str, None, None]:
    # Its own process: in this one it would wait for the threads of the tests.
    with subprocess.Popen(
        command, env={**os.environ, **variables}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        end = time.monotonic() + 60
        while not _answers(port):
            assert time.monotonic() < end, f"{command} does not answer"
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
        server.kill()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an emulator takes."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def short_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stop waits for the poll that is under way."""
    monkeypatch.setattr(_sqs_source, "_POLL_SECONDS", 1)


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Generator[Broker, None, None]:
    """The broker of this session."""
    if "CI" not in os.environ and (reason := why_not()):
        pytest.skip(reason)
    broker = Broker(tmp_path_factory.mktemp("broker"))
    broker.start()
    yield broker
    broker.close()


@pytest.fixture
def proxy(broker: Broker) -> Generator[Proxy, None, None]:
    """A way to the broker that a test may cut or stall."""
    proxy = Proxy(broker.address)
    yield proxy
    proxy.close()


@pytest.fixture
def sqs(moto_origin: str) -> SqsQueueUnderTest:
    """A new queue of SQS with a visibility time-out of 30 seconds."""
    return make_sqs_queue(moto_origin)


def make_sqs_queue(
    origin: str,
    *,
    visibility: timedelta = timedelta(seconds=30),
    fifo: bool = False,
    receives: int = MOST_RECEIVES,
) -> SqsQueueUnderTest:
    """Make a queue of SQS."""
    client: SQSClient = boto3.session.Session().client(  # pyright: ignore[reportUnknownMemberType]  # no other stubs
        "sqs", region_name="eu-west-1", endpoint_url=origin
    )
    name = f"orders-{uuid.uuid4()}"
    suffix = ".fifo" if fifo else ""
    kind: dict[QueueAttributeNameType, str] = {"FifoQueue": "true"} if fifo else {}
    dead_letters = client.create_queue(QueueName=f"{name}-dead{suffix}", Attributes=kind)["QueueUrl"]
    found = client.get_queue_attributes(QueueUrl=dead_letters, AttributeNames=["QueueArn"])["Attributes"]
    redrive = f'{{"deadLetterTargetArn": "{found["QueueArn"]}", "maxReceiveCount": "{receives}"}}'
    url = client.create_queue(
        QueueName=f"{name}{suffix}",
        Attributes={**kind, "VisibilityTimeout": str(int(visibility.total_seconds())), "RedrivePolicy": redrive},
    )["QueueUrl"]
    return SqsQueueUnderTest(connection=SqsConnection(url=url), client=client, dead_letter_url=dead_letters)


@pytest.fixture
def amqp(broker: Broker) -> AmqpQueueUnderTest:
    """A new queue, which programs declare by themselves."""
    connection = broker.connection(f"orders-{uuid.uuid4()}")
    return AmqpQueueUnderTest(broker=broker, connection=connection, sending=connection)


@pytest.fixture
def deployed(broker: Broker) -> AmqpQueueUnderTest:
    """The queue of the synthesised stack, empty, with the users of its producer and its consumer."""
    broker.purge()
    return AmqpQueueUnderTest(broker=broker, connection=broker.consumer(), sending=broker.producer())


@pytest.fixture(params=["sqs", "amqp"])
def queue(request: pytest.FixtureRequest) -> QueueUnderTest:
    """Each kind of queue in turn."""
    found: QueueUnderTest = request.getfixturevalue("sqs" if request.param == "sqs" else "deployed")
    return found


@pytest.fixture(params=["sqs", "amqp"])
def queue_of_many(request: pytest.FixtureRequest) -> QueueUnderTest:
    """Each kind of queue in turn, for more messages than moto's server can take."""
    if request.param == "sqs":
        return make_sqs_queue(request.getfixturevalue("ministack_origin"))
    found: QueueUnderTest = request.getfixturevalue("deployed")
    return found


@pytest.fixture(params=["sqs", "amqp"])
def queue_of_two_seconds(request: pytest.FixtureRequest) -> QueueUnderTest:
    """Each kind of queue in turn; SQS gives a message of a dead consumer back after two seconds."""
    if request.param == "sqs":
        return make_sqs_queue(request.getfixturevalue("moto_origin"), visibility=timedelta(seconds=2))
    found: QueueUnderTest = request.getfixturevalue("deployed")
    return found
