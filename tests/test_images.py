"""The programs of the images run as plain processes and stop as ECS asks them to."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

IMAGES = Path(__file__).resolve().parents[1] / "images"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(image: str, **variables: str) -> Generator[httpx.Client]:
    """Run a program until it serves, and see that SIGTERM ends it in order."""
    port = free_port()
    environment = {**os.environ, "AWS_DEFAULT_REGION": "eu-west-1", "PORT": str(port), **variables}
    program = IMAGES / image / f"{image}.py"
    with (
        subprocess.Popen([sys.executable, str(program)], env=environment, stderr=subprocess.PIPE) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        try:
            _wait_until_it_serves(client, process)
            yield client
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)
    assert process.returncode in (0, -signal.SIGTERM)


def _wait_until_it_serves(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert process.poll() is None
        try:
            client.get("/healthz")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the program does not serve")


def test_the_web_server_shows_its_page_and_says_when_the_shop_is_down() -> None:
    with running("web", APP_URL=f"http://127.0.0.1:{free_port()}") as client:
        assert client.get("/healthz").text == "ok"
        assert "<h1>Shop</h1>" in client.get("/").text
        assert client.post("/orders", data={"article": "tea"}).status_code == 503


def test_the_app_server_refuses_what_is_no_order() -> None:
    with running("app", ORDERS_URL="https://sqs.eu-west-1.amazonaws.com/111111111111/orders") as client:
        assert client.get("/healthz").text == "ok"
        for body in (b"", b"{", b"[]", b"{}", b'{"article": 1}', b"\xff"):
            answer = client.post("/orders", content=body)
            assert (answer.status_code, answer.json()) == (422, {"error": "article must be a text"})


def test_the_web_server_hands_orders_to_the_app_server() -> None:
    with (
        running("app", ORDERS_URL="https://sqs.eu-west-1.amazonaws.com/111111111111/orders") as app,
        running("web", APP_URL=str(app.base_url)) as web,
    ):
        assert web.post("/orders", data={"article": ""}).status_code == 422


@pytest.mark.parametrize(("image", "variable"), [("web", "APP_URL"), ("app", "ORDERS_URL"), ("worker", "ORDERS_URL")])
def test_a_program_names_the_variable_that_it_misses(image: str, variable: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != variable}
    program = IMAGES / image / f"{image}.py"
    run = subprocess.run([sys.executable, str(program)], env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.startswith(f"{image}: {variable} must ")
    assert run.stderr.count("\n") == 1


@pytest.mark.parametrize("image", ["web", "app", "worker"])
def test_an_image_runs_its_program_as_a_user_without_rights(image: str) -> None:
    lines = (IMAGES / image / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("ARG BASE=")
    assert "USER 1000:1000" in lines
    assert lines[-1] == f'CMD ["python", "{image}.py"]'
