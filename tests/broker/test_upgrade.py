"""A newer RabbitMQ on the data of an older one, as a deployment with another ``version`` starts it.

Debian has no version between the two: that a lone node takes the step at once is no promise of RabbitMQ.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from pathlib import Path

import pytest

from ecs_workloads import NodeCluster, SingleNode
from tests.broker.conftest import deploy
from tests.broker.patience import wait_until
from tests.broker.root import NEWEST, OLDEST, broker_root, why_not
from tests.broker.task import Task
from tests.broker.test_node_cluster import NODES, wait_for_all
from tests.broker.test_single_node import drain, publish
from tests.broker.vpc import Vpc


@pytest.fixture(scope="module")
def network() -> Generator[Vpc, None, None]:
    if "CI" not in os.environ and (reason := why_not()):
        pytest.skip(reason)
    with Vpc() as network:
        yield network


def disabled_flags(task: Task) -> set[str]:
    """Return the stable feature flags that are not used."""
    rows = json.loads(task.ctl("list_feature_flags", "name", "state", "stability", "--formatter", "json"))
    return {row["name"] for row in rows if row["state"] != "enabled" and row["stability"] == "stable"}


@pytest.mark.parametrize("suite", [OLDEST, NEWEST])
def test_a_node_uses_all_that_its_version_brings(network: Vpc, tmp_path: Path, suite: str) -> None:
    with deploy(network, broker_root(suite), tmp_path) as one:
        one.start()
        wait_until(lambda: not disabled_flags(one.first), "it uses all")


def test_a_newer_version_has_the_messages_and_then_uses_all_that_it_brings(network: Vpc, tmp_path: Path) -> None:
    bodies = [str(number) for number in range(50)]
    with deploy(network, broker_root(OLDEST), tmp_path, grade=SingleNode()) as old:
        old.start()
        publish(old, bodies)
        assert old.first.stop()[0] == 0
    with deploy(network, broker_root(NEWEST), tmp_path, grade=SingleNode()) as new:
        new.start()
        assert drain(new) == bodies
        wait_until(lambda: not disabled_flags(new.first), "it uses what it did not when the data was made")


def test_a_node_that_skips_versions_ends_and_its_own_version_comes_back(network: Vpc, tmp_path: Path) -> None:
    """Why the construct refuses a skipped minor, and what is left when the deployment rolls back."""
    with (
        deploy(network, broker_root(OLDEST), tmp_path, grade=NodeCluster()) as cluster,
        deploy(network, broker_root(NEWEST), tmp_path, grade=NodeCluster()) as newer,
    ):
        cluster.start()
        publish(cluster, ["kept"])
        assert cluster.first.stop()[0] == 0
        newer.first.launch()
        wait_until(lambda: not newer.first.is_running, "it ends")
        assert "BOOT FAILED" in newer.first.output
        cluster.first.start()
        wait_for_all(cluster)
        assert cluster.running_nodes() == NODES
        assert drain(cluster, cluster.first) == ["kept"]
