"""A program with a bad environment ends at once, with one line that names the variable."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.shop.processes import command_of, environment_of

QUEUE = "https://sqs.eu-west-1.amazonaws.com/111111111111/orders"
GOOD = {
    "web": {"APP_URL": "http://app:8000"},
    "app": {"ORDERS_URL": QUEUE, "ORDERS_TABLE": "orders", "AWS_REGION": "eu-west-1"},
    "worker": {"ORDERS_URL": QUEUE, "ORDERS_TABLE": "orders", "AWS_REGION": "eu-west-1"},
}


@pytest.mark.parametrize(
    ("image", "variable", "value"),
    [
        ("web", "APP_URL", None),
        ("web", "APP_URL", ""),
        ("web", "APP_URL", "app:8000"),
        ("web", "APP_URL", "http://"),
        ("web", "APP_URL", "http://app:8000/api"),
        ("web", "APP_URL", "http://app:no-port"),
        ("web", "PORT", "0"),
        ("web", "PORT", "http"),
        ("app", "PORT", "65536"),
        *(
            (image, variable, value)
            for image in ("app", "worker")
            for variable, value in (
                ("ORDERS_URL", None),
                ("ORDERS_URL", "redis://queue"),
                ("ORDERS_URL", "https://"),
                ("ORDERS_TABLE", None),
                ("ORDERS_TABLE", ""),
                ("AWS_REGION", None),
            )
        ),
        ("worker", "WORK_SECONDS", "long"),
        ("worker", "WORK_SECONDS", "3601"),
        ("worker", "WORK_SECONDS", "-1"),
        ("worker", "WORK_SECONDS", "nan"),
    ],
)
def test_a_program_names_the_variable_that_is_bad(image: str, variable: str, value: str | None, tmp_path: Path) -> None:
    environment = environment_of(image, GOOD[image] | ({} if value is None else {variable: value}))
    if value is None:
        del environment[variable]
    run = subprocess.run(
        command_of(image), env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )

    assert run.returncode == 2
    assert run.stderr.startswith(f"{image}: {variable}")
    assert run.stderr.count("\n") == 1
    assert run.stdout == ""


@pytest.mark.parametrize("missing", ["ORDERS_NAME", "ORDERS_USERNAME", "ORDERS_PASSWORD"])
def test_a_program_names_what_a_broker_needs_and_shows_no_password(missing: str, tmp_path: Path) -> None:
    broker = {"ORDERS_NAME": "orders", "ORDERS_USERNAME": "application", "ORDERS_PASSWORD": "not-to-be-shown"}
    environment = environment_of("worker", {**GOOD["worker"], **broker, "ORDERS_URL": "amqp://rabbitmq:5672"})
    del environment[missing]
    run = subprocess.run(
        command_of("worker"), env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )

    assert run.returncode == 2
    assert run.stderr.startswith(f"worker: {missing} is not set")
    assert "not-to-be-shown" not in run.stderr
