"""What a program writes can be read by a machine."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from ecs_workloads_runtime import emit_metrics
from tests.runtime.programs import RUNTIME

LOGS = """
import asyncio, logging, structlog
from ecs_workloads_runtime import configure_logging, log_context

configure_logging("worker")
log = structlog.get_logger("shop")
log.info("plain", order=7)
with log_context(request_id="r1", order_id="o1"):
    log.warning("bound")
    logging.getLogger("other").error("of %s", "another")
logging.getLogger("pika").info("talk")
log.debug("too much")
try:
    password = "s3cret"
    1 / 0
except ZeroDivisionError:
    log.exception("failed")

async def task(name):
    with log_context(request_id=name):
        await asyncio.sleep(0.01)
        log.info("task")

async def main():
    await asyncio.gather(task("a"), task("b"))

asyncio.run(main())
log.info("after")
"""


def run(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], env={"PYTHONPATH": str(RUNTIME)}, capture_output=True, text=True, check=False
    )


def test_each_log_line_is_one_json_object() -> None:
    ended = run(["-c", LOGS])
    assert (ended.returncode, ended.stderr) == (0, "")
    lines = [json.loads(line) for line in ended.stdout.splitlines()]

    assert [line["event"] for line in lines] == ["plain", "bound", "of another", "failed", "task", "task", "after"]
    assert {line["service"] for line in lines} == {"worker"}
    assert all(line["timestamp"].endswith("Z") for line in lines)
    assert [line["level"] for line in lines[:4]] == ["info", "warning", "error", "error"]
    assert lines[0]["order"] == 7
    for line in lines[1:3]:
        assert (line["request_id"], line["order_id"]) == ("r1", "o1")
    assert "ZeroDivisionError" in lines[3]["exception"]
    assert sorted(line["request_id"] for line in lines[4:6]) == ["a", "b"]
    assert "request_id" not in lines[6]
    assert "s3cret" not in ended.stdout


def test_metrics_are_a_line_in_the_embedded_metric_format(capsys: pytest.CaptureFixture[str]) -> None:
    before = int(time.time() * 1000)
    emit_metrics("Shop", {"Placed": (1, "Count"), "Took": (12.5, "Milliseconds")}, {"Service": "app"})

    [line] = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    described = found.pop("_aws")
    assert before <= described.pop("Timestamp") <= time.time() * 1000
    assert described == {
        "CloudWatchMetrics": [
            {
                "Namespace": "Shop",
                "Dimensions": [["Service"]],
                "Metrics": [{"Name": "Placed", "Unit": "Count"}, {"Name": "Took", "Unit": "Milliseconds"}],
            }
        ]
    }
    assert found == {"Service": "app", "Placed": 1, "Took": 12.5}


@pytest.mark.parametrize(
    ("namespace", "metrics", "dimensions", "text"),
    [
        ("", {"A": (1, "Count")}, {}, "namespace must be"),
        ("AWS/Shop", {"A": (1, "Count")}, {}, "namespace must be"),
        ("Shop", {}, {}, "metrics must be 1 to 100, got 0"),
        ("Shop", {str(n): (1, "Count") for n in range(101)}, {}, "metrics must be 1 to 100, got 101"),
        ("Shop", {"A": (1, "Count")}, {str(n): "x" for n in range(31)}, "dimensions must be 30 at most, got 31"),
        ("Shop", {"A": (1, "Counts")}, {}, "the unit of A must be one of .*, got 'Counts'"),
        ("Shop", {"A": (float("nan"), "Count")}, {}, "A must be a finite number, got nan"),
        ("Shop", {"A": (1, "Count")}, {"A": "x"}, "A must stand in metrics or in dimensions alone"),
        ("Shop", {"_aws": (1, "Count")}, {}, "_aws must stand"),
        ("Shop", {"A": (1, "Count")}, {"Service": ""}, "must have 1 to 1024 characters, got ''"),
    ],
)
def test_what_cloudwatch_would_drop_is_refused(
    namespace: str, metrics: Mapping[str, tuple[float, str]], dimensions: Mapping[str, str], text: str
) -> None:
    with pytest.raises(ValueError, match=text):
        emit_metrics(namespace, metrics, dimensions)


def test_the_health_check_tells_a_young_file_from_an_old_one(tmp_path: Path) -> None:
    file = tmp_path / "health"
    command = ["-m", "ecs_workloads_runtime.health", str(file), "--max-age"]

    missing = run([*command, "60"])
    assert (missing.returncode, "No such file" in missing.stderr) == (1, True)
    file.touch()
    assert run([*command, "60"]).returncode == 0
    old = run([*command, "0"])
    assert (old.returncode, "was touched" in old.stderr) == (1, True)
    assert run(["-m", "ecs_workloads_runtime.health", str(file)]).returncode == 2


def test_the_health_check_imports_neither_boto3_nor_pika() -> None:
    code = "import sys, ecs_workloads_runtime.health; print(sorted({'boto3', 'pika', 'uvicorn'} & sys.modules.keys()))"
    assert run(["-c", code]).stdout == "[]\n"
