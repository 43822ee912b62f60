"""The staging environment of the shop on this machine: what it sends goes through a real RabbitMQ."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from stacks.environments import STAGING
from tests.broker import root
from tests.local.project import ROOT, Project, wait_until

_REGISTRY = f"000000000000.dkr.ecr.{STAGING.region}.amazonaws.com/shop/{STAGING.name}"
_COLLECTOR = "public.ecr.aws/aws-observability/aws-otel-collector:v0.43.1"

Staging = tuple[Project, list[dict[str, Any]]]


def settings() -> str:
    """Return what stands for the images that a release has in its repositories, and for the collector."""
    built = (
        f'"{_REGISTRY}/{image}:{STAGING.release}" = '
        f'{{ folder = "{ROOT / "images" / image}", contexts = {{ runtime = "{ROOT / "runtime"}" }} }}'
        for image in ("web", "app", "worker")
    )
    variables = ", ".join(f'{name} = "{value}"' for name, value in root.ENVIRONMENT.items())
    return "\n".join((
        "[local.images]",
        *built,
        f'"{_COLLECTOR}" = "collector"',
        f'[local.images."{_REGISTRY}/queue:{STAGING.broker_version}"]',
        f'root = "{root.broker_root().path}"',
        f"environment = {{ {variables} }}",
    ))  # fmt: skip


@pytest.fixture(scope="module")
def staging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Staging]:
    """Deploy the environment, and return its project with its services."""
    if "CI" not in os.environ and (reason := root.why_not()):
        pytest.skip(reason)
    project = Project(tmp_path_factory.mktemp("staging") / "project")
    (project.folder / "ecs-workloads.toml").write_text(settings(), encoding="utf-8")
    (project.folder / "collector").mkdir()
    (project.folder / "collector" / "Dockerfile").write_text(
        'FROM scratch\nCMD ["sleep", "infinity"]\n', encoding="utf-8"
    )
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    try:
        app = f"{sys.executable} -m tests.local.staging_app"
        done = project.run("up", "--app", app, "--json", PYTHONPATH=paths)
        assert done.returncode == 0, done.stderr
        project.port = int(project.record()["port"])
        yield project, json.loads(done.stdout)["services"]
    finally:
        project.run("down")


def named(services: list[dict[str, Any]], part: str) -> dict[str, Any]:
    [found] = [service for service in services if part in service["name"]]
    return found


def place_and_wait(client: httpx.Client) -> None:
    """Place an order, and return when it is done."""
    wait_until_done(client, place(client))


def place(client: httpx.Client) -> str:
    order: dict[str, str] = client.post("/api/orders", json={"article": "tea", "quantity": 2}).raise_for_status().json()
    return order["id"]


def wait_until_done(client: httpx.Client, order: str) -> None:
    wait_until(lambda: client.get(f"/api/orders/{order}").raise_for_status().json()["state"] == "done")


def test_every_tier_of_the_staging_environment_is_steady(staging: Staging) -> None:
    _, services = staging

    assert sorted((each["desired"], each["healthy"], each["rollout"]) for each in services) == [
        (1, 1, "COMPLETED"),
        (1, 1, "COMPLETED"),
        (2, 2, "COMPLETED"),
        (2, 2, "COMPLETED"),
    ]


def test_an_order_is_done_by_a_worker_that_has_it_from_the_broker(staging: Staging) -> None:
    project, services = staging
    with httpx.Client(base_url=named(services, "Web")["addresses"][0], timeout=20) as client:
        place_and_wait(client)

    said = project.run("logs", named(services, "Broker")["name"]).stdout
    for user in ("orders.producer", "orders.consumer"):
        assert f"user '{user}' authenticated and granted access to vhost '/'" in said
    assert not project.aws("sqs", region=STAGING.region).list_queues().get("QueueUrls")


def test_an_order_outlives_the_task_of_the_broker(staging: Staging) -> None:
    project, services = staging
    ecs = project.aws("ecs", region=STAGING.region)
    [cluster] = ecs.list_clusters()["clusterArns"]
    worker = named(services, "Worker")["name"]
    [before] = named(services, "Broker")["tasks"]
    ecs.update_service(cluster=cluster, service=worker, desiredCount=0)
    wait_until(lambda: named(project.services(), "Worker")["tasks"] == [])
    with httpx.Client(base_url=named(services, "Web")["addresses"][0], timeout=20) as client:
        order = place(client)
        ecs.stop_task(cluster=cluster, task=before["id"])
        wait_until(lambda: named(project.services(), "Broker")["healthy"] == 1)
        [after] = named(project.services(), "Broker")["tasks"]

        ecs.update_service(cluster=cluster, service=worker, desiredCount=1)
        wait_until_done(client, order)

    assert after["address"] != before["address"]
