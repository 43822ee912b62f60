"""A service that runs: real programs behind a load balancer, deployed by the genuine CDK command line."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import urllib.request
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import httpx
import pytest
import websocket

from tests.local.echo_app import synthesize
from tests.local.project import Project, facts, is_open, wait_until

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

    os.kill(project.programs()[0], signal.SIGKILL)

    wait_until(lambda: {task["id"] for task in project.services()[0]["tasks"]} != before)
    wait_until(lambda: project.services()[0]["healthy"] == 2)


def test_the_count_follows_update_service_and_who_is_not_wanted_gets_sigterm(echo: Echo) -> None:
    project, _, service = echo
    ecs = project.aws("ecs")

    ecs.update_service(cluster=service["cluster"], service=service["name"], desiredCount=3)
    wait_until(lambda: project.services()[0]["healthy"] == 3)
    assert "stopping in order" not in project.run("logs", "service").stdout
    ecs.update_service(cluster=service["cluster"], service=service["name"], desiredCount=2)

    wait_until(lambda: len(project.services()[0]["tasks"]) == 2)
    assert project.run("logs", "service").stdout.count("stopping in order") == 1
    assert len(project.programs()) == 2


def test_who_follows_the_logs_sees_each_line_when_it_comes(echo: Echo) -> None:
    project, _, service = echo
    with project.start("logs", "service", "--follow", "--json") as following:
        assert following.stdout is not None
        json.loads(following.stdout.readline())  # it is up to date soon
        facts(service, "/followed")

        seen = next(line for line in map(json.loads, following.stdout) if "/followed" in line["line"])
        following.terminate()

    assert (seen["container"], seen["group"]) == ("echo", f"service:{service['name']}")


def test_open_opens_a_browser_at_a_load_balancer(echo: Echo, tmp_path: Path) -> None:
    browser, opened = tmp_path / "browser", tmp_path / "opened"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n', encoding="utf-8")
    browser.chmod(0o755)

    done = echo[0].run("open", BROWSER=f"{browser} %s")

    assert done.returncode == 0, done.stderr
    assert done.stdout in {f"{address}\n" for address in _listeners(echo[0]).values()}
    wait_until(opened.exists)
    wait_until(lambda: opened.read_text(encoding="utf-8") == done.stdout)


def _listeners(project: Project) -> dict[int, str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{project.port}/_ecs-workloads/entries") as answer:
        return {entry["port"]: entry["address"] for entry in json.load(answer)}


def test_a_redirect_ends_at_the_listener_for_https(echo: Echo) -> None:
    addresses = _listeners(echo[0])

    found = httpx.get(f"{addresses[81]}/path?a=b", follow_redirects=True, verify=False)  # noqa: S501 - nobody knows it

    assert found.text == "safe"
    assert str(found.url) == f"{addresses[443]}/path?a=b"
    assert addresses[443].startswith("https://127.0.0.1:")


def _socket(service: dict[str, Any], path: str) -> Any:
    address = service["addresses"][0].replace("http", "ws")
    return websocket.create_connection(f"{address}{path}", subprotocols=["chat", "talk"], timeout=20)


def test_a_web_socket_passes_the_load_balancer(echo: Echo) -> None:
    with contextlib.closing(_socket(echo[2], "/socket?a=b%20c")) as socket:
        assert socket.recv() == "/socket?a=b%20c for 127.0.0.1"
        socket.send("text")
        assert socket.recv() == "text"
        socket.send_binary(b"\x00\xff")
        assert socket.recv() == b"\x00\xff"
        socket.send("bye")
        closed = socket.recv_frame()
        assert (closed.opcode, closed.data) == (websocket.ABNF.OPCODE_CLOSE, (4000).to_bytes(2, "big"))
        assert socket.getsubprotocol() == "chat"

    with contextlib.closing(_socket(echo[2], "/socket")) as socket:
        socket.close()
    wait_until(lambda: "socket closed with 1001" in echo[0].run("logs", "service").stdout)


def test_a_task_that_is_not_wanted_keeps_its_web_socket_until_that_ends(echo: Echo) -> None:
    project, _, service = echo
    before = {task["id"] for task in project.services()[0]["tasks"]}

    def left() -> set[str]:
        return before & {task["id"] for task in project.services()[0]["tasks"]}

    with contextlib.closing(_socket(service, "/socket")) as socket:
        socket.recv()
        for task in before:
            project.aws("ecs").stop_task(cluster=service["cluster"], task=task)
        wait_until(lambda: len(left()) == 1)
        wait_until(lambda: project.services()[0]["healthy"] == 2)

        socket.send("still here")
        assert socket.recv() == "still here"
        assert len(left()) == 1
    wait_until(lambda: not left())


def test_a_program_that_opens_no_web_socket_answers_as_it_does(echo: Echo) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        websocket.create_connection(echo[2]["addresses"][0].replace("http", "ws"), timeout=20)

    assert refused.value.status_code == 200
    assert json.loads(refused.value.resp_body or b"{}")["GREETING"] == "hello"


def test_what_cannot_be_created_is_refused_before_anything_is(echo: Echo, tmp_path: Path) -> None:
    project = echo[0]
    assembly = synthesize(
        tmp_path / "assembly",
        name="Other",
        extra=lambda stack: cdk.CfnResource(stack, "Fleet", type="AWS::GameLift::Fleet"),
    )

    done = project.run("up", "--app", str(assembly))

    assert done.returncode == 1
    assert "error: the local target cannot create AWS::GameLift::Fleet (Other/Fleet)" in done.stderr
    stacks = project.aws("cloudformation").describe_stacks()["Stacks"]
    assert {stack["StackName"] for stack in stacks} == {"CDKToolkit", "Echo"}


def test_a_task_run_by_hand_shows_its_output_and_its_exit_code(echo: Echo) -> None:
    done = echo[0].run("run-task", "night")

    assert (done.returncode, done.stdout) == (7, "the job ran\n")
    assert "Essential container in task exited: job with exit code 7" in done.stderr


def test_containers_of_a_task_start_in_order_share_localhost_and_end_by_sigkill(echo: Echo) -> None:
    project = echo[0]

    task = json.loads(project.run("run-task", "pair", "--json").stdout)

    assert task["exitCodes"] == {"asking": 0, "served": 128 + signal.SIGKILL}
    wrote = project.run("logs", "family:pair").stdout
    assert "asking: its neighbour says hello" in wrote
    assert "unshare" not in wrote


def test_a_task_definition_that_does_not_exist_is_named(echo: Echo) -> None:
    done = echo[0].run("run-task", "daily")

    assert done.returncode == 1
    assert "no task definition has a name like 'daily'; there is: " in done.stderr
    assert "nightly" in done.stderr


def test_a_schedule_runs_its_task(echo: Echo) -> None:
    project = echo[0]
    ecs, cluster = project.aws("ecs"), echo[2]["cluster"]

    def scheduled() -> list[dict[str, Any]]:
        arns = ecs.list_tasks(cluster=cluster, family="nightly", desiredStatus="STOPPED")["taskArns"]
        tasks: list[dict[str, Any]] = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
        return [task for task in tasks if task["startedBy"] == "events"]

    wait_until(lambda: any(task["lastStatus"] == "STOPPED" for task in scheduled()), seconds=100)

    assert scheduled()[0]["containers"][0]["exitCode"] == 7
    assert "the job ran" in project.run("logs", "family:nightly").stdout


def test_a_killed_target_leaves_no_process(echo: Echo) -> None:
    project, _, service = echo
    assert project.programs()

    os.kill(project.target_process(), signal.SIGKILL)

    wait_until(lambda: project.processes() == [])
    assert not is_open(service["addresses"][0])
    assert not is_open(f"127.0.0.1:{project.port}")
    assert "no local target runs" in project.run("status").stderr
