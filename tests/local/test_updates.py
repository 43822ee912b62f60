"""An update of a service that serves: none of its requests fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.local.echo_app import synthesize
from tests.local.project import Project, facts
from tests.local.steady_requests import SteadyRequests

_EACH_SECOND = 50


def test_no_request_fails_while_another_version_of_another_size_takes_over(project: Project, tmp_path: Path) -> None:
    service = project.up(synthesize(tmp_path / "one", count=2))[0]
    another = synthesize(tmp_path / "two", count=2, version="2", cpu=512)
    requests = SteadyRequests(
        service["addresses"][0],
        each_second=_EACH_SECOND,
        paths=("/slow", *["/"] * 9),
        tell=lambda answer: str(answer.json()["VERSION"]),
    )

    with requests.going_on():
        updated = project.up(another)[0]

    assert facts(updated)["VERSION"] == "2"
    assert _sizes(project, updated) == {("512", "1024")}
    assert set(requests.seen) == {"1", "2"}, requests.seen
    assert requests.pace > _EACH_SECOND - 1
    assert not {task["id"] for task in service["tasks"]} & {task["id"] for task in updated["tasks"]}


def _sizes(project: Project, service: dict[str, Any]) -> set[tuple[str, str]]:
    ids = [task["id"] for task in service["tasks"]]
    tasks = project.aws("ecs").describe_tasks(cluster=service["cluster"], tasks=ids)["tasks"]
    return {(task["cpu"], task["memory"]) for task in tasks}
