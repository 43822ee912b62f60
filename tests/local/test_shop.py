"""The sample shop, deployed on this machine as its dev environment is on AWS, and used in a real browser."""

# pyright: basic
# selenium's types are incomplete.

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from tests.local.broken_image import LAST_WORDS, break_image
from tests.local.project import ROOT, Project, wait_until
from tests.local.steady_requests import SteadyRequests

_APPLICATION = "shop-dev-Application"
_CHOICE = ("-c", "environments=dev")
_REGION = "eu-west-1"
_APP_IMAGE = "App/Default/TaskDefinition/main/AssetImage"
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
MAKE = shutil.which("make") or ""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, list[dict[str, Any]]]]:
    """Deploy the dev environment, and return its project with its services."""
    project = Project(tmp_path_factory.mktemp("shop") / "project")
    shutil.copy(ROOT / "cdk.json", project.folder)
    try:
        done = project.run("up", "--app", f"{sys.executable} {ROOT / 'app.py'}", *_CHOICE, "--json")
        assert done.returncode == 0, done.stderr
        project.port = int(project.record()["port"])
        yield project, json.loads(done.stdout)["services"]
    finally:
        project.run("down")


def address(services: list[dict[str, Any]]) -> str:
    return next(str(each) for service in services for each in service["addresses"] if each.startswith("http"))


@pytest.mark.parametrize(("target", "command"), [("up", f"up {' '.join(_CHOICE)}"), ("down", "down")])
def test_make_runs_the_commands_that_are_tried_here(target: str, command: str) -> None:
    said = subprocess.run([MAKE, "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert [line for line in said.splitlines() if "ecs-workloads" in line] == [f"ecs-workloads local {command}"]


def test_every_tier_of_the_dev_environment_is_steady(shop: tuple[Project, list[dict[str, Any]]]) -> None:
    _, services = shop

    assert [(each["desired"], each["healthy"], each["rollout"]) for each in services] == [(1, 1, "COMPLETED")] * 3


def test_an_order_goes_through_queue_and_table_and_comes_back_as_a_receipt(
    shop: tuple[Project, list[dict[str, Any]]],
) -> None:
    with httpx.Client(base_url=address(shop[1]), timeout=20) as client:
        order = client.post("/api/orders", json={"article": "tea", "quantity": 2}).json()
        wait_until(lambda: client.get(f"/api/orders/{order['id']}").json()["state"] == "done")

        receipt = client.get(f"/api/orders/{order['id']}/receipt")

    assert receipt.headers["content-type"] == "application/pdf"
    assert receipt.content.startswith(b"%PDF-")


@pytest.mark.skipif(not (CHROMIUM and DRIVER) and "CI" not in os.environ, reason="no chromium and chromedriver")
def test_an_order_is_placed_by_clicking_in_a_browser(
    shop: tuple[Project, list[dict[str, Any]]], tmp_path: Path
) -> None:
    assert CHROMIUM is not None
    assert DRIVER is not None
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}"):
        options.add_argument(flag)
    with webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=DRIVER)) as page:
        page.get(address(shop[1]))
        page.find_element(By.CSS_SELECTOR, "#article").send_keys("cake")
        page.find_element(By.CSS_SELECTOR, "form button").click()

        wait_until(lambda: [each.text for each in page.find_elements(By.CSS_SELECTOR, "#orders .state")] == ["done"])


def test_services_that_need_nothing_of_each_other_start_together(shop: tuple[Project, list[dict[str, Any]]]) -> None:
    cloudformation = shop[0].aws("cloudformation", region=_REGION)
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=_APPLICATION)
    events = [
        (str(event["LogicalResourceId"])[:3], event["ResourceStatus"])
        for page in pages
        for event in page["StackEvents"]
        if event["ResourceType"] == "AWS::ECS::Service"
    ][::-1]

    assert len(events) == 6
    assert set(events[:2]) == {("App", "CREATE_IN_PROGRESS"), ("Wor", "CREATE_IN_PROGRESS")}
    # The web server needs the name of the app server.
    assert events.index(("App", "CREATE_COMPLETE")) < events.index(("Web", "CREATE_IN_PROGRESS"))
    assert ("Web", "CREATE_COMPLETE") in events
    assert ("Wor", "CREATE_COMPLETE") in events


def test_diff_says_that_there_are_no_differences(shop: tuple[Project, list[dict[str, Any]]]) -> None:
    project, _ = shop

    done = project.cdk("diff", "--all", "--fail", "--app", str(project.state / "cdk.out"))

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Number of stacks with differences: 0" in done.stdout + done.stderr


def test_a_second_up_changes_nothing(shop: tuple[Project, list[dict[str, Any]]]) -> None:
    project, services = shop
    before = [task["id"] for service in services for task in service["tasks"]]

    again = project.up(project.state / "cdk.out")

    assert [task["id"] for service in again for task in service["tasks"]] == before


def test_a_bad_image_rolls_back_and_the_shop_keeps_serving(
    shop: tuple[Project, list[dict[str, Any]]], tmp_path: Path
) -> None:
    project, services = shop
    before = {task["id"] for service in services for task in service["tasks"]}
    bad = break_image(project.state / "cdk.out", tmp_path / "bad", asset=_APP_IMAGE, stack=_APPLICATION)
    order = httpx.post(f"{address(services)}/api/orders", json={"article": "tea", "quantity": 1}, timeout=20).json()
    paths = ("/", f"/api/orders/{order['id']}")
    requests = SteadyRequests(address(services), each_second=10, paths=paths, tell=lambda answer: answer.url.path)

    with requests.going_on():
        done = project.run("up", "--app", str(bad))

    assert done.returncode == 1
    assert f"cdk deploy failed: {_APPLICATION}: AppService" in done.stderr
    assert "ECS Deployment Circuit Breaker was triggered" in done.stderr
    assert f"saying: {LAST_WORDS}" in done.stderr
    assert done.stderr.endswith(f"(what cdk wrote is in {project.state / 'cdk.log'})\n")
    assert set(requests.seen) == set(paths), requests.seen
    assert requests.pace > 9
    stacks = project.aws("cloudformation", region=_REGION).describe_stacks(StackName=_APPLICATION)["Stacks"]
    assert stacks[0]["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    after = project.services()
    assert [(each["desired"], each["healthy"], each["rollout"]) for each in after] == [(1, 1, "COMPLETED")] * 3
    assert before == {task["id"] for service in after for task in service["tasks"]}
