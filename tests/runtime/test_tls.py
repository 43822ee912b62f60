"""A broker behind TLS, as Amazon MQ's is: ``amqps://`` is spoken, and the certificate is checked."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path

import pytest
import trustme

from ecs_workloads_runtime import AmqpConnection, Consumer, NotSent, Producer, read_connection
from tests.runtime.conftest import AmqpQueueUnderTest
from tests.runtime.test_consumer import running, wait_until


class TlsDoor:
    """Takes TLS on a port of its own and passes what is inside on to another address."""

    def __init__(self, target: tuple[str, int], certificate: trustme.LeafCert) -> None:
        self._target = target
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        certificate.configure_cert(self._context)  # pyright: ignore[reportUnknownMemberType]  # it knows pyOpenSSL too
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.refused = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        try:
            outside = self._context.wrap_socket(client, server_side=True)
        except OSError:
            self.refused += 1
            return
        inside = socket.create_connection(self._target)
        back = threading.Thread(target=_pass, args=(inside, outside), daemon=True)
        back.start()
        _pass(outside, inside)
        back.join()


def _pass(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for one in (source, target):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def door(amqp: AmqpQueueUnderTest, authority: trustme.CA) -> Generator[TlsDoor, None, None]:
    door = TlsDoor(amqp.broker.address, authority.issue_cert("localhost"))
    yield door
    door.close()


@pytest.fixture
def connection(amqp: AmqpQueueUnderTest, door: TlsDoor) -> AmqpConnection:
    """Return the queue as a program of a worker on Amazon MQ reads it."""
    found = read_connection(
        "ORDERS", {**amqp.environment, "ORDERS_URL": f"amqps://localhost:{door.port}/%2F?heartbeat=10"}
    )
    assert isinstance(found, AmqpConnection)
    return found


def test_messages_go_through_tls_both_ways(
    connection: AmqpConnection, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(trusted)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    got: list[str] = []

    with (
        Producer(connection, send_timeout=timedelta(seconds=30)) as producer,
        running(Consumer(connection, lambda message: got.append(message.body))),
    ):
        producer.send("over TLS")
        wait_until(lambda: got == ["over TLS"])


def test_a_broker_with_a_certificate_of_nobody_gets_nothing(connection: AmqpConnection, door: TlsDoor) -> None:
    with Producer(connection, send_timeout=timedelta(seconds=2)) as producer, pytest.raises(NotSent):
        producer.send("to whom?")
    assert door.refused > 0


def test_a_broker_with_the_certificate_of_another_host_gets_nothing(
    amqp: AmqpQueueUnderTest, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(trusted)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    door = TlsDoor(amqp.broker.address, authority.issue_cert("broker.example.com"))
    connection = AmqpConnection(
        url=f"amqps://localhost:{door.port}/%2F", name=amqp.connection.name, username="guest", password="guest"
    )

    with Producer(connection, send_timeout=timedelta(seconds=2)) as producer, pytest.raises(NotSent):
        producer.send("to whom?")
    door.close()
