"""Tests of `Container`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_secretsmanager as secretsmanager

from ecs_workloads import AppServer, Container, ScratchVolume, WritablePath
from tests.templates import HEALTHY, main_container

SCRATCH = ScratchVolume(name="data", container_path="/data", image_declares_volume=True)
IMAGE = ecs.ContainerImage.from_registry("example.com/shop:1.0.0")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cpu": 1024, "memory_limit_mib": 2500}, r"got 2500 \(nearest: memory_limit_mib=2048 or 3072\)"),
        (
            {"cpu": 1024, "memory_limit_mib": 30720},
            r"got 30720 \(nearest: memory_limit_mib=8192, or cpu=4096 with memory_limit_mib=30720\)",
        ),
        (
            {"cpu": 16384, "memory_limit_mib": 8192},
            r"got 8192 \(nearest: memory_limit_mib=32768, or cpu=4096 with memory_limit_mib=8192\)",
        ),
        ({"cpu": 300}, r"got 300 \(nearest: 256 or 512\)"),
        ({"cpu": 20_000}, r"got 20000 \(nearest: 16384\)"),
        ({"user": "00"}, "user must not be root, got '00'"),
        ({"user": "+0:1000"}, "user must not be root, got '\\+0:1000'"),
        ({"user": "root"}, "user must not be root, got 'root'"),
        ({"user": ""}, "user must not be root, got ''"),
        (
            {"volumes": [SCRATCH, replace(SCRATCH, name="other", container_path="/data/")]},
            r"a path twice, got \['/tmp'",
        ),
        ({"volumes": [SCRATCH, replace(SCRATCH, name="other")]}, r"a path twice, got \['/tmp', '/data', '/data'\]"),
    ],
)
def test_refuses(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Container(image=IMAGE, **arguments)


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("AKIA" + "ABCDEFGHIJKLMNOP", "an AWS access key"),
        ("-----BEGIN RSA PRIVATE KEY-----", "a private key"),
        ("postgres://shop:hunter2@db.internal/shop", "a URL with a password"),
        ("--db Postgres://shop:hunter2@db.internal/shop --verbose", "a URL with a password"),
        ("redis://:hunter2@cache.internal:6379", "a URL with a password"),
        ("jdbc:postgresql://db.internal/shop?user=shop&password=hunter2", "a connection string with a password"),
        ("Server=db.internal;User Id=shop;Password=hunter2;", "a connection string with a password"),
        ("https://" + "hooks.slack.com/services/T0000/B0000/XXXXXXXX", "a Slack webhook"),
        ("sk_" + "live_" + "a" * 24, "a Stripe key"),
        ("rk_" + "test_" + "a" * 24, "a Stripe key"),
        ("AIza" + "a" * 35, "a Google API key"),
        ("ghp_" + "a" * 36, "a GitHub token"),
        ("xoxb-" + "1234567890", "a Slack token"),
        ("eyJhbGciOiJIUzI1" + ".eyJzdWIiOiIxMjM0" + ".x", "a JSON web token"),
    ],
)
def test_refuses_an_open_variable_that_looks_like_a_secret(value: str, what: str) -> None:
    with pytest.raises(ValueError, match=f"the value of SETTING looks like {what}: pass it in secrets"):
        Container(image=IMAGE, environment={"SETTING": value})


@pytest.mark.parametrize(
    "value",
    [
        "amqp://broker.internal:5672/%2F",
        "https://shop.example.com/a:b@c",
        "https://shop.example.com:8443?owner=ops@example.com",
        "http://a.internal:80,ops@example.com",
        '{"url": "http://a.internal:80", "mail": "ops@example.com"}',
        "http://[::1]:8080/ops@example.com",
        "ssh://git@example.com:22/shop.git",
        "git@example.com:shop/shop.git",
        "kafka-1.internal:9092,kafka-2.internal:9092",
        "jdbc:postgresql://db.internal/shop?user=shop&password=${DB_PASSWORD}",
        "https://shop.example.com/login?password=",
        "password=optional",
        "https://hooks.slack.com/services",
        "pk_live_" + "a" * 24,
        "task_live_" + "a" * 24,
        "sk_live",
        "AIza" + "a" * 36,
        "AIzaShort",
        "arn:aws:secretsmanager:eu-west-1:111111111111:secret:database-abcdef",
        "user@example.com",
        "",
    ],
)
def test_takes_an_open_variable_that_is_no_secret(value: str) -> None:
    Container(image=IMAGE, environment={"SETTING": value})


@pytest.mark.parametrize(
    "name",
    [
        "PASSWORD",
        "DB_PASSWORD",
        "PGPASSWORD",
        "MYSQL_PASSWD",
        "SSH_PASSPHRASE",
        "CLIENT_SECRET",
        "API_TOKEN",
        "STRIPE_API_KEY",
        "APIKEY",
        "SECRET_KEY",
        "STORAGE_ACCESS_KEY",
        "PRIVATE_KEY",
        "TLS_PRIVATE_KEY_PEM",
        "dbPassword",
        "PASS",
        "DB_PASS",
        "db_pass",
        "dbPass",
        "DB_PWD",
        "dbPwd",
        "CREDENTIALS",
        "DB_CREDENTIALS",
        "SMTP_CREDENTIAL",
        "REGISTRY_CREDS",
        "dbCredentials",
    ],
)
def test_refuses_an_open_variable_that_is_called_like_a_secret(name: str) -> None:
    with pytest.raises(ValueError, match=f"Container: {name} is called like a secret: pass it in secrets"):
        Container(image=IMAGE, environment={name: "hunter2"})


@pytest.mark.parametrize(
    "name",
    [
        "DB_SECRET_ARN",
        "TOKEN_URL",
        "OIDC_TOKEN_ENDPOINT",
        "PASSWORD_FILE",
        "PASSWORD_MIN_LENGTH",
        "PRIVATE_KEY_PATH",
        "API_KEY_HEADER",
        "SECRETS",
        "MAX_TOKENS",
        "TOKENIZER",
        "ORDERS_URL",
        "PWD",
        "OLDPWD",
        "COMPASS",
        "BYPASS",
        "NUMBER_OF_PASSES",
        "PASS_THROUGH",
        "DB_PASS_FILE",
        "CREDENTIALS_FILE",
    ],
)
def test_takes_an_open_variable_that_tells_of_a_secret_and_is_none(name: str) -> None:
    Container(image=IMAGE, environment={name: "x"})


def test_a_variable_that_is_called_like_a_secret_may_be_none() -> None:
    Container(image=IMAGE, environment={"ALLOW_EMPTY_PASSWORD": "yes"}, not_secret=["ALLOW_EMPTY_PASSWORD"])
    Container(image=IMAGE, environment={"HTTP_PASSWORD": ""})


@pytest.mark.parametrize("value", ["/var/run/google.json", "true", "False", "same-origin", "1"])
def test_credentials_may_be_a_path_or_a_switch(value: str) -> None:
    Container(image=IMAGE, environment={"GOOGLE_APPLICATION_CREDENTIALS": value})


def test_a_value_that_looks_like_a_secret_may_be_none() -> None:
    Container(image=IMAGE, environment={"MAPS": "AIza" + "a" * 35}, not_secret=["MAPS"])


def test_what_is_no_secret_stays_none_in_a_copy() -> None:
    container = Container(image=IMAGE, environment={"CSRF_TOKEN": "off"}, not_secret=["CSRF_TOKEN"])

    assert container.with_environment({"LEVEL": "info"}).environment == {"CSRF_TOKEN": "off", "LEVEL": "info"}


def test_one_version_of_a_secret_can_be_asked_for(stack: cdk.Stack, cluster: ecs.Cluster) -> None:
    secret = secretsmanager.Secret.from_secret_complete_arn(
        stack, "Database", "arn:aws:secretsmanager:eu-west-1:111111111111:secret:database-abcdef"
    )
    version = ecs.Secret.from_secrets_manager_version(
        secret,  # pyright: ignore[reportArgumentType]  # jsii#4541
        ecs.SecretVersionInfo(version_stage="AWSPREVIOUS"),
        field="password",
    )
    container = Container(image=IMAGE, port=80, health_check=HEALTHY, secrets={"DB_PASSWORD": version})
    AppServer(stack, "App", cluster=cluster, container=container, dns_name="app")

    assert main_container(stack)["Secrets"] == [
        {"Name": "DB_PASSWORD", "ValueFrom": f"{secret.secret_arn}:password:AWSPREVIOUS:"}
    ]


@pytest.mark.parametrize("image", ["shop", "example.com:5000/shop", "example.com/shop:latest"])
def test_an_image_without_a_version_is_refused(stack: cdk.Stack, cluster: ecs.Cluster, image: str) -> None:
    container = Container(image=ecs.ContainerImage.from_registry(image), port=80, health_check=HEALTHY)

    with pytest.raises(ValueError, match=f"Stack/App: the image must have a version or a digest.*, got '{image}'"):
        AppServer(stack, "App", cluster=cluster, container=container, dns_name="app")


def test_the_tag_that_aws_cdk_takes_where_none_is_named_is_refused(stack: cdk.Stack, cluster: ecs.Cluster) -> None:
    image = ecs.ContainerImage.from_ecr_repository(ecr.Repository(stack, "Shop"))
    container = Container(image=image, port=80, health_check=HEALTHY)

    with pytest.raises(ValueError, match="the image must have a version or a digest, and not latest"):
        AppServer(stack, "App", cluster=cluster, container=container, dns_name="app")


@pytest.mark.parametrize("image", ["example.com:5000/shop:1.0", f"shop@sha256:{'0' * 64}"])
def test_an_image_has_a_version_or_a_digest(stack: cdk.Stack, cluster: ecs.Cluster, image: str) -> None:
    container = Container(image=ecs.ContainerImage.from_registry(image), port=80, health_check=HEALTHY)
    AppServer(stack, "App", cluster=cluster, container=container, dns_name="app")

    assert main_container(stack)["Image"] == image


@pytest.mark.parametrize(
    ("cpu", "sizes"),
    [
        (256, [512, 1024, 2048]),
        (512, [*range(1024, 4097, 1024)]),
        (1024, [*range(2048, 8193, 1024)]),
        (2048, [*range(4096, 16385, 1024)]),
        (4096, [*range(8192, 30721, 1024)]),
        (8192, [*range(16384, 61441, 4096)]),
        (16384, [*range(32768, 122881, 8192)]),
    ],
)
def test_takes_the_task_sizes_of_fargate_and_no_other(cpu: int, sizes: list[int]) -> None:
    def takes(memory: int) -> bool:
        try:
            Container(image=IMAGE, cpu=cpu, memory_limit_mib=memory)
        except ValueError:
            return False
        return True

    assert [memory for memory in range(512, 131073, 512) if takes(memory)] == sizes


def test_takes_the_smallest_limit_of_open_files() -> None:
    Container(image=IMAGE, ulimits=[ecs.Ulimit(name=ecs.UlimitName.NOFILE, soft_limit=1, hard_limit=1)])


def test_the_smallest_task_is_the_default() -> None:
    container = Container(image=IMAGE)

    assert (container.cpu, container.memory_limit_mib) == (256, 512)
    assert WritablePath(container_path="/cache").size_mib == 64


def test_with_environment_returns_a_copy() -> None:
    container = Container(image=IMAGE, environment={"A": "1"})
    assert container.with_environment({"B": "2"}).environment == {"A": "1", "B": "2"}
    assert container.environment == {"A": "1"}


@pytest.mark.parametrize("path", ["", "/a:b"])
def test_a_writable_path_is_absolute(path: str) -> None:
    with pytest.raises(ValueError, match="container_path must be an absolute path"):
        WritablePath(container_path=path)


def test_a_time_is_a_timedelta() -> None:
    seconds: Any = 30

    with pytest.raises(TypeError, match="Container: stop_timeout must be a datetime.timedelta, got 30"):
        Container(image=IMAGE, stop_timeout=seconds)


@pytest.mark.parametrize(
    "arguments",
    [
        {"interval": cdk.Duration.seconds(5), "timeout": cdk.Duration.seconds(2), "retries": 1},
        {"interval": cdk.Duration.minutes(5), "timeout": cdk.Duration.minutes(1), "retries": 10},
        {"start_period": cdk.Duration.minutes(5)},
        {"start_period": cdk.Duration.seconds(0)},
        {"start_period": cdk.Duration.seconds(cdk.Token.as_number(cdk.Fn.ref("Seconds")))},
        {"command": cdk.Token.as_list(cdk.Fn.ref("Command"))},
    ],
    ids=["least", "most", "longest start", "no start", "unknown time", "unknown command"],
)
def test_takes_the_health_checks_of_ecs(arguments: dict[str, Any]) -> None:
    check: dict[str, Any] = {"command": ["CMD", "healthy"], **arguments}
    Container(image=IMAGE, health_check=ecs.HealthCheck(**check))


@pytest.mark.parametrize(
    ("name", "seconds", "message"),
    [
        ("interval", 4, "from 5 seconds to 5 minutes, got 4 seconds"),
        ("interval", 301, "from 5 seconds to 5 minutes, got 301 seconds"),
        ("timeout", 1, "from 2 seconds to 1 minute, got 1 second"),
        ("timeout", 61, "from 2 seconds to 1 minute, got 61 seconds"),
        ("start_period", 301, "from 0 seconds to 5 minutes, got 301 seconds"),
    ],
)
def test_refuses_times_of_health_checks_that_ecs_does_not_take(name: str, seconds: int, message: str) -> None:
    time: dict[str, Any] = {name: cdk.Duration.seconds(seconds)}
    check = ecs.HealthCheck(command=["CMD", "healthy"], **time)
    with pytest.raises(ValueError, match=f"Container: health_check.{name} must be {message}"):
        Container(image=IMAGE, health_check=check)
