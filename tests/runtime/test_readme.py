"""The programs of the README run as they stand there."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request

from tests.runtime.broker import free_port
from tests.runtime.conftest import QueueUnderTest
from tests.runtime.programs import PATIENCE, RUNTIME, Program

BLOCKS = re.findall(r"```python\n(.*?)```", (RUNTIME / "README.md").read_text(encoding="utf-8"), re.DOTALL)


def test_an_order_goes_from_the_app_server_to_the_worker(queue: QueueUnderTest) -> None:
    worker_code, app_code = BLOCKS
    port = free_port()
    order = urllib.request.Request(f"http://127.0.0.1:{port}/orders", data=b"tea", headers={"X-Request-Id": "r1"})
    with (
        Program(worker_code, queue.environment) as worker,
        Program(app_code, {**queue.sending_environment, "PORT": str(port)}) as app,
    ):
        assert post(order) == 202
        done = next(line for line in lines_of(worker) if line.get("event") == "order is done")
        assert (done["order"], done["request_id"], done["service"]) == ("tea", "r1", "worker")
        for program in (app, worker):
            program.ask_to_end()
            assert program.end() == 0
        assert any("_aws" in json.loads(line) for line in worker.lines)
        assert {json.loads(line)["service"] for line in app.lines} == {"app"}
    assert queue.held() == 0


def post(request: urllib.request.Request) -> int:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - our own server
                return int(answer.status)
        except urllib.error.URLError:
            assert time.monotonic() < end, "the server does not come up"
            time.sleep(0.1)


def lines_of(program: Program) -> list[dict[str, str]]:
    end = time.monotonic() + PATIENCE
    while not any("order is done" in line for line in program.lines):
        assert time.monotonic() < end, program.lines
        program.read_line()
    return [json.loads(line) for line in program.lines]
