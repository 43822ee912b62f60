"""The sample shop, deployed on this machine as its dev environment is on AWS, and used in a real browser."""

# pyright: basic
# selenium's types are incomplete.

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from tests.local.project import ROOT, Project, wait_until

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, list[dict[str, Any]]]]:
    """Deploy the dev environment, and return its project with its services."""
    project = Project(tmp_path_factory.mktemp("shop") / "project")
    shutil.copy(ROOT / "cdk.json", project.folder)
    try:
        done = project.run("up", "--app", f"{sys.executable} {ROOT / 'app.py'}", "-c", "environments=dev", "--json")
        assert done.returncode == 0, done.stderr
        project.port = int(project.record()["port"])
        yield project, json.loads(done.stdout)["services"]
    finally:
        project.run("down")


def address(services: list[dict[str, Any]]) -> str:
    return next(str(each) for service in services for each in service["addresses"] if each.startswith("http"))


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


def test_the_shop_has_no_differences_to_its_app_after_a_second_up(shop: tuple[Project, list[dict[str, Any]]]) -> None:
    project, services = shop
    assembly = project.state / "cdk.out"
    before = [task["id"] for service in services for task in service["tasks"]]

    again = project.up(assembly)

    assert [task["id"] for service in again for task in service["tasks"]] == before
