"""A broker with a certificate, on a real RabbitMQ."""

from __future__ import annotations

import json
import ssl
from collections.abc import Generator

import aws_cdk as cdk
import pika
import pytest
import trustme
from aws_cdk import aws_secretsmanager as secretsmanager

from ecs_workloads import EphemeralNode
from tests.broker.conftest import deploy
from tests.broker.deployment import Deployment
from tests.broker.root import Root
from tests.broker.vpc import Vpc

HOST = "rabbitmq.shop.internal"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def broker(
    vpc: Vpc, image: Root, authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Deployment, None, None]:
    leaf = authority.issue_cert(HOST)
    held = {
        "certificate": "".join(one.bytes().decode() for one in leaf.cert_chain_pems),
        "private_key": leaf.private_key_pem.bytes().decode(),
    }

    def certificate(stack: cdk.Stack) -> secretsmanager.Secret:
        text = cdk.SecretValue.unsafe_plain_text(json.dumps(held))
        return secretsmanager.Secret(stack, "Certificate", secret_string_value=text)

    folder = tmp_path_factory.mktemp("tls")
    with deploy(vpc, image, folder, grade=EphemeralNode(), certificate=certificate) as one:
        one.start()
        yield one


def parameters(broker: Deployment, context: ssl.SSLContext) -> pika.ConnectionParameters:
    user = "orders.producer"
    return pika.ConnectionParameters(
        broker.first.address,
        5671,
        credentials=pika.PlainCredentials(user, broker.password(user)),
        ssl_options=pika.SSLOptions(context, HOST),
    )


def test_a_program_that_trusts_the_authority_speaks_tls(broker: Deployment, authority: trustme.CA) -> None:
    context = ssl.create_default_context()
    authority.configure_trust(context)  # pyright: ignore[reportUnknownMemberType]  # it knows pyOpenSSL too
    with pika.BlockingConnection(parameters(broker, context)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish("orders", "orders", b"one", mandatory=True)


def test_another_authority_is_not_trusted(broker: Deployment) -> None:
    with pytest.raises(Exception, match="CERTIFICATE_VERIFY_FAILED"):
        pika.BlockingConnection(parameters(broker, ssl.create_default_context()))


def test_nothing_is_spoken_without_tls(broker: Deployment) -> None:
    listeners = json.loads(broker.first.ctl("status", "--formatter", "json"))["listeners"]
    assert {one["port"] for one in listeners if one["protocol"].startswith("amqp")} == {5671}


def test_the_private_key_is_for_the_broker_alone(broker: Deployment) -> None:
    assert broker.first.run("stat", "-c", "%a", "/tmp/broker/private_key.pem").output.strip() == "600"
