"""A service that runs: real programs behind a load balancer, deployed by the genuine CDK command line."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.local.project import Project, facts, wait_until

Echo = tuple[Project, Path, dict[str, Any]]


def test_up_returns_when_every_task_is_healthy(echo: Echo) -> None:
    _, _, service = echo

    assert (service["desired"], service["running"], service["healthy"]) == (2, 2, 2)
    assert service["rollout"] == "COMPLETED"


def test_the_load_balancer_answers_at_an_address_of_this_machine(echo: Echo) -> None:
    _, _, service = echo

    assert service["addresses"][0].startswith("http://127.0.0.1:")
    assert httpx.get(service["addresses"][0]).status_code == 200


def test_two_tasks_bind_the_same_port_and_take_turns(echo: Echo) -> None:
    _, _, service = echo

    addresses = {task["address"] for task in service["tasks"]}
    project = echo[0]
    for _ in range(6):
        facts(service)

    assert len(addresses) == 2
    wrote = project.run("logs", service["name"]).stdout.splitlines()
    assert len({line.split()[0] for line in wrote if "GET / " in line}) == 2


def test_a_task_gets_variables_secrets_and_the_target_instead_of_aws(echo: Echo) -> None:
    _, _, service = echo

    known = facts(service)

    assert (known["GREETING"], known["VERSION"], known["AWS_REGION"]) == ("hello", "1", "us-east-1")
    assert len(known["PASSWORD"]) == 20
    assert known["PASSWORD"].isalnum()
    assert known["AWS_ENDPOINT_URL"].startswith("http://10.")


def test_a_task_runs_as_the_user_of_its_image_in_its_folder(echo: Echo) -> None:
    known = facts(echo[2])

    assert known["folder"] == "/srv"
    assert known["user"] == (1000 if os.geteuid() == 0 else 0)


def test_a_read_only_root_cannot_be_written(echo: Echo) -> None:
    written = facts(echo[2], "/write")["written"]

    assert written["/srv"] == "Read-only file system"
    assert written["/tmp"] == "Read-only file system"


@pytest.mark.skipif(os.geteuid() != 0, reason="without root, programs run as the user who owns the volume")
def test_a_scratch_volume_belongs_to_root_as_on_fargate(echo: Echo) -> None:
    assert facts(echo[2], "/write")["written"]["/scratch"] == "Permission denied"


def test_a_host_has_a_name_that_leads_to_its_task(echo: Echo) -> None:
    _, _, service = echo

    found = facts(service, "/host")

    assert found["address"] in {task["address"] for task in service["tasks"]}
    assert found["host_name"] == f"ip-{found['address'].replace('.', '-')}.compute.internal"


def test_what_a_task_writes_is_in_cloudwatch_logs(echo: Echo) -> None:
    project, _, service = echo
    facts(service)
    logs = project.aws("logs")
    group = logs.describe_log_groups()["logGroups"][0]["logGroupName"]

    wait_until(
        lambda: any("GET /" in event["message"] for event in logs.filter_log_events(logGroupName=group)["events"])
    )


def test_diff_says_that_there_are_no_differences(echo: Echo) -> None:
    project, assembly, _ = echo

    done = project.cdk("diff", "--all", "--fail", "--app", str(assembly))

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_second_up_of_an_unchanged_app_changes_nothing(echo: Echo) -> None:
    project, assembly, _ = echo
    before = {task["id"] for task in project.services()[0]["tasks"]}

    again = project.up(assembly)[0]

    assert {task["id"] for task in again["tasks"]} == before


def test_a_killed_task_is_replaced(echo: Echo) -> None:
    project, _, _ = echo
    before = {task["id"] for task in project.services()[0]["tasks"]}
    program = next(int(folder.name) for folder in Path("/proc").glob("[0-9]*") if _is_program_of(folder, project))

    os.kill(program, signal.SIGKILL)

    wait_until(lambda: {task["id"] for task in project.services()[0]["tasks"]} != before)
    wait_until(lambda: project.services()[0]["healthy"] == 2)


def test_the_count_follows_update_service(echo: Echo) -> None:
    project, _, service = echo
    ecs = project.aws("ecs")

    ecs.update_service(cluster=service["cluster"], service=service["name"], desiredCount=3)
    wait_until(lambda: project.services()[0]["healthy"] == 3)
    ecs.update_service(cluster=service["cluster"], service=service["name"], desiredCount=2)

    wait_until(lambda: len(project.services()[0]["tasks"]) == 2)


def _is_program_of(folder: Path, project: Project) -> bool:
    try:
        runs, variables = (folder / "cmdline").read_bytes(), (folder / "environ").read_bytes()
    except OSError:
        return False
    return runs == b"python\0echo.py\0" and f":{project.port}\0".encode() in variables
