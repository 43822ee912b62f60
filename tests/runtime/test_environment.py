"""A bad variable is named in one line, and nothing secret is shown."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_secretsmanager as secretsmanager

from ecs_workloads import RabbitMqQueue, SqsQueue
from ecs_workloads_runtime import (
    AmqpConnection,
    InvalidEnvironment,
    SqsConnection,
    exit_on_invalid_environment,
    read_connection,
    read_variable,
    seconds,
)
from tests.runtime.programs import RUNTIME

AMQP = {
    "ORDERS_URL": "amqp://rabbitmq.shop:5672/%2F",
    "ORDERS_NAME": "orders",
    "ORDERS_USERNAME": "application",
    "ORDERS_PASSWORD": "s3cret",
}


def test_https_is_sqs() -> None:
    url = "https://sqs.eu-west-1.amazonaws.com/123456789012/orders"
    assert read_connection("ORDERS", {"ORDERS_URL": url, "ORDERS_NAME": "orders"}) == SqsConnection(url=url)


def test_amqp_is_a_broker() -> None:
    assert read_connection("ORDERS", AMQP) == AmqpConnection(
        url="amqp://rabbitmq.shop:5672/%2F", name="orders", username="application", password="s3cret"
    )


def test_the_variables_are_those_that_the_constructs_set() -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    sqs = SqsQueue(stack, "Sqs", longest_processing_time=timedelta(minutes=1))
    assert set(sqs.connection_environment("ORDERS")) == {"ORDERS_URL", "ORDERS_NAME"}
    amqp = RabbitMqQueue(
        name="orders",
        longest_processing_time=timedelta(minutes=1),
        host_names=["rabbitmq.shop"],
        producer_credentials=secretsmanager.Secret.from_secret_name_v2(stack, "Credentials", "credentials"),
        broker=ec2.Connections(),
    )
    assert {**amqp.connection_environment("ORDERS"), **amqp.producer_secrets("ORDERS")}.keys() == {
        *AMQP,
        "ORDERS_EXCHANGE",
    }
    assert amqp.connection_environment("ORDERS")["ORDERS_URL"] == AMQP["ORDERS_URL"]


def test_a_broker_may_have_several_nodes_and_an_exchange_for_the_queue() -> None:
    url = "amqp://rabbitmq-0.shop:5672/%2F;amqp://rabbitmq-1.shop:5672/%2F"
    connection = read_connection("ORDERS", {**AMQP, "ORDERS_URL": url, "ORDERS_EXCHANGE": "orders"})

    assert isinstance(connection, AmqpConnection)
    assert connection.urls == ["amqp://rabbitmq-0.shop:5672/%2F", "amqp://rabbitmq-1.shop:5672/%2F"]
    assert connection.exchange == "orders"


def test_a_broker_may_have_parameters_of_pika() -> None:
    url = "amqps://host/%2F?heartbeat=10&socket_timeout=2.5&ssl_options={'capath': '/'}"
    assert read_connection("ORDERS", {**AMQP, "ORDERS_URL": url}) == AmqpConnection(
        url=url, name="orders", username="application", password="s3cret"
    )


def test_a_connection_hides_its_password() -> None:
    assert "s3cret" not in repr(read_connection("ORDERS", AMQP))


@pytest.mark.parametrize(
    ("url", "region"),
    [
        ("https://sqs.eu-west-1.amazonaws.com/1/orders", "eu-west-1"),
        ("https://sqs.cn-north-1.amazonaws.com.cn/1/orders", "cn-north-1"),
        ("https://sqs.us-gov-west-1.amazonaws.com/1/orders", "us-gov-west-1"),
        ("https://vpce-1-2.sqs.eu-west-1.vpce.amazonaws.com/1/orders", "eu-west-1"),
        ("http://localhost:4566/1/orders", None),
    ],
)
def test_the_url_of_a_queue_names_its_region(url: str, region: str | None) -> None:
    assert SqsConnection(url=url).region == region


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"ORDERS_URL": None}, "ORDERS_URL is not set"),
        ({"ORDERS_URL": None, "ORDER_URL": "x"}, "ORDERS_URL is not set; ORDER_URL is set: is it misspelt?"),
        ({"ORDERS_URL": ""}, "ORDERS_URL is empty"),
        (
            {"ORDERS_URL": "redis://user:s3cret@host"},
            "ORDERS_URL: expected https://, http://, amqp:// or amqps://, got 'redis' as the scheme",
        ),
        ({"ORDERS_URL": "orders"}, "ORDERS_URL: expected https://, http://, amqp:// or amqps://, got '' as the scheme"),
        ({"ORDERS_URL": "amqp://[broker"}, "ORDERS_URL: expected a URL, got one that cannot be read"),
        (
            {"ORDERS_URL": "amqp://user:s3cret@host"},
            "ORDERS_URL: url must not hold credentials: they come in variables of their own",
        ),
        (
            {"ORDERS_URL": "https://host"},
            "ORDERS_URL: url must be https://host/account/queue, got 'https://host'",
        ),
        (
            {"ORDERS_URL": "amqp:///%2F"},
            "ORDERS_URL: url must be amqp://host:port/virtual-host or amqps://..., got 'amqp:///%2F'",
        ),
        (
            {"ORDERS_URL": "amqp://host:port/%2F"},
            "ORDERS_URL: Port could not be cast to integer value as 'port'",
        ),
        ({"ORDERS_NAME": None}, "ORDERS_NAME is not set"),
        ({"ORDERS_NAME": "x" * 256}, "ORDERS_NAME: expected 1 to 255 bytes, got '" + "x" * 256 + "'"),
        ({"ORDERS_USERNAME": None}, "ORDERS_USERNAME is not set"),
        ({"ORDERS_PASSWORD": None}, "ORDERS_PASSWORD is not set"),
        ({"ORDERS_PASSWORD": ""}, "ORDERS_PASSWORD is empty"),
    ],
)
def test_a_bad_variable_is_named_in_one_line(change: Mapping[str, str | None], text: str) -> None:
    environ = {name: value for name, value in {**AMQP, **change}.items() if value is not None}
    with pytest.raises(InvalidEnvironment) as caught:
        read_connection("ORDERS", environ)
    assert str(caught.value) == text
    assert "s3cret" not in text


@pytest.mark.parametrize(
    ("parameter", "name"),
    [
        ("heartbeat=20", "heartbeat"),  # a second time
        ("channel_max=many", "channel_max"),
        ("frame_max=1", "frame_max"),
        ("timeout=1", "timeout"),
        ("ssl_options={'certfile': '/none', 'password': 's3cret'}", "ssl_options"),
        ("ssl_options=s3cret", "ssl_options"),
    ],
)
def test_a_parameter_that_pika_does_not_take_is_named_and_not_shown(parameter: str, name: str) -> None:
    with pytest.raises(InvalidEnvironment) as caught:
        read_connection("ORDERS", {**AMQP, "ORDERS_URL": f"amqps://host/%2F?heartbeat=10&{parameter}"})
    assert str(caught.value) == (
        f"ORDERS_URL: url must have parameters that pika.URLParameters takes, each once, got {name!r} that it refuses"
    )


def test_a_prefix_that_no_construct_takes_is_refused() -> None:
    with pytest.raises(ValueError, match="prefix must be upper-case letters, digits and underscores, got 'orders'"):
        read_connection("orders", AMQP)


@pytest.mark.parametrize(
    ("text", "convert", "value"),
    [("8080", int, 8080), ("0.5", float, 0.5), ("2.5", seconds, timedelta(seconds=2.5)), ("shop", str, "shop")],
)
def test_a_variable_is_converted(text: str, convert: Callable[[str], object], value: object) -> None:
    assert read_variable("X", convert=convert, environ={"X": text}) == value


def test_a_variable_that_is_not_set_has_its_default() -> None:
    assert read_variable("PORT", convert=int, default=8000, environ={}) == 8000


@pytest.mark.parametrize(
    ("text", "convert", "error"),
    [
        ("80x", int, "X: expected a whole number, got '80x'"),
        ("", int, "X is empty"),
        ("much", float, "X: expected a number, got 'much'"),
        ("-1", seconds, "X: expected a number of seconds, 0 to 999999999, got '-1'"),
        ("nan", seconds, "X: expected a number of seconds, 0 to 999999999, got 'nan'"),
        ("two\nlines", int, "X: expected a whole number, got 'two\\nlines'"),
    ],
)
def test_a_variable_that_cannot_be_converted_is_named(text: str, convert: Callable[[str], object], error: str) -> None:
    with pytest.raises(InvalidEnvironment) as caught:
        read_variable("X", convert=convert, default=1, environ={"X": text})
    assert str(caught.value) == error


def test_a_secret_is_not_shown() -> None:
    with pytest.raises(InvalidEnvironment) as caught:
        read_variable("X", convert=int, secret=True, environ={"X": "s3cret"})
    assert str(caught.value) == "X: expected a whole number"


def test_a_program_says_in_one_line_what_it_lacks_and_ends() -> None:
    code = (
        "from ecs_workloads_runtime import exit_on_invalid_environment, read_connection\n"
        "with exit_on_invalid_environment('worker'):\n    read_connection('ORDERS')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(RUNTIME)}, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", "worker: ORDERS_URL is not set\n")


def test_a_function_may_be_decorated(capsys: pytest.CaptureFixture[str]) -> None:
    @exit_on_invalid_environment("app")
    def main() -> None:
        read_variable("PORT", convert=int, environ={"PORT": "x"})

    with pytest.raises(SystemExit, match="2"):
        main()
    assert capsys.readouterr().err == "app: PORT: expected a whole number, got 'x'\n"
