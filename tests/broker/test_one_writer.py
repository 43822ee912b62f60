"""Two tasks on the data of one node, on a real RabbitMQ: what the lock is for."""

from __future__ import annotations

import time
from pathlib import Path

from tests.broker.conftest import deploy
from tests.broker.patience import wait_until
from tests.broker.root import Root
from tests.broker.test_single_node import drain, publish
from tests.broker.vpc import Vpc


def test_a_second_task_on_the_data_waits_for_the_end_of_the_first(vpc: Vpc, image: Root, tmp_path: Path) -> None:
    with deploy(vpc, image, tmp_path) as first, deploy(vpc, image, tmp_path) as second:
        first.start()
        publish(first, ["kept"])
        second.first.launch()
        wait_until(lambda: "another task has the data" in second.first.output, "it sees the lock")
        time.sleep(5)
        assert second.first.run("rabbitmq-diagnostics", "-q", "ping").status != 0
        publish(first, ["kept too"])
        first.first.kill()
        second.first.wait_until_serving()
        assert drain(second) == ["kept", "kept too"]


def test_two_writers_on_one_data_directory_lose_confirmed_messages(
    vpc: Vpc, image: Root, tmp_path: Path, record_property: object
) -> None:
    """Why the construct refuses a second task, and locks the data: without the lock messages are gone, and no error."""
    with deploy(vpc, image, tmp_path) as first, deploy(vpc, image, tmp_path) as second:
        first.start()
        publish(first, [f"before {number}" for number in range(100)])
        (first.first.access_point() / ".lock").unlink()
        second.start()
        confirmed = {f"before {number}" for number in range(100)}
        for number in range(200):
            for name, one in (("first", first), ("second", second)):
                if number % 20 == 0:
                    bodies = [f"{name} {number + more}" for more in range(20)]
                    publish(one, bodies)
                    confirmed |= set(bodies)
        second.first.kill()
        first.first.kill()
        first.start()
        left = set(drain(first))
        assert callable(record_property)
        record_property("lost", len(confirmed - left))
        print(f"{len(confirmed - left)} of {len(confirmed)} confirmed messages are gone")  # noqa: T201
        assert confirmed - left
