"""Updates of a service that serves: none of its requests fails, whether the update is good or bad."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.local.echo_app import synthesize
from tests.local.project import Project, facts


@contextmanager
def requests(address: str) -> Generator[Counter[str]]:
    """Send 50 requests a second, every tenth of them slow, and count what came of them."""
    seen: Counter[str] = Counter()
    stop = threading.Event()

    def send(path: str) -> None:
        try:
            answer = httpx.get(f"{address}{path}", timeout=30)
            seen[answer.json()["VERSION"] if answer.status_code == 200 else str(answer.status_code)] += 1
        except httpx.HTTPError as error:
            seen[type(error).__name__] += 1

    def run() -> None:
        threads: list[threading.Thread] = []
        while not stop.wait(0.02):
            threads.append(threading.Thread(target=send, args=("/slow" if len(threads) % 10 == 0 else "/",)))
            threads[-1].start()
        for thread in threads:
            thread.join()

    runner = threading.Thread(target=run)
    runner.start()
    try:
        yield seen
    finally:
        stop.set()
        runner.join()


def test_no_request_fails_while_another_version_of_another_size_takes_over(project: Project, tmp_path: Path) -> None:
    service = project.up(synthesize(tmp_path / "one", count=2))[0]
    another = synthesize(tmp_path / "two", count=2, version="2", cpu=512)

    with requests(service["addresses"][0]) as seen:
        updated = project.up(another)[0]

    assert facts(updated)["VERSION"] == "2"
    assert _sizes(project, updated) == {("512", "1024")}
    assert set(seen) == {"1", "2"}


def _sizes(project: Project, service: dict[str, Any]) -> set[tuple[str, str]]:
    ids = [task["id"] for task in service["tasks"]]
    tasks = project.aws("ecs").describe_tasks(cluster=service["cluster"], tasks=ids)["tasks"]
    return {(task["cpu"], task["memory"]) for task in tasks}


def test_a_bad_version_rolls_back_and_the_service_keeps_serving(project: Project, tmp_path: Path) -> None:
    service = project.up(synthesize(tmp_path / "good", count=2))[0]
    bad = synthesize(tmp_path / "bad", count=2, variables={"FAIL": "yes"})

    with requests(service["addresses"][0]) as seen:
        done = project.run("up", "--app", str(bad))

    assert done.returncode == 1
    assert "saying: told to fail" in done.stderr
    assert done.stderr.endswith(f"(what cdk wrote is in {project.state / 'cdk.log'})\n")
    assert set(seen) == {"1"}
    assert project.services()[0]["healthy"] == 2
