"""Three nodes of the construct, each with its own network, on a real RabbitMQ."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from ecs_workloads import NodeCluster
from ecs_workloads_runtime import AmqpConnection, Consumer, NotSent, Producer, read_connection
from tests.broker.conftest import deploy
from tests.broker.deployment import Deployment
from tests.broker.patience import wait_until
from tests.broker.root import Root
from tests.broker.task import Task
from tests.broker.test_single_node import drain, publish
from tests.broker.traffic import Traffic
from tests.broker.vpc import Vpc
from tests.runtime.test_consumer import running

NODES = [f"rabbit@rabbitmq-{number}.shop.internal" for number in range(3)]


def wait_for_all(cluster: Deployment, *, patience: float = 120) -> None:
    """Return when each node sees all three."""
    end = time.monotonic() + patience
    while (seen := [seen_by(task) for task in cluster.tasks]) != [NODES] * 3:
        assert time.monotonic() < end, (seen, [task.output[-4000:] for task in cluster.tasks])
        time.sleep(0.5)


def seen_by(task: Task) -> object:
    status = task.run("rabbitmqctl", "-q", "cluster_status", "--formatter", "json")
    return status.output if status.status else sorted(json.loads(status.output)["running_nodes"])


def members_in_step(cluster: Deployment) -> bool:
    """Return whether each of the three has all of the first queue."""
    asked = cluster.first.run("rabbitmq-queues", "-q", "quorum_status", "orders", "--formatter", "json")
    if asked.status:
        return False
    rows = [{key.lower().replace(" ", "_"): value for key, value in one.items()} for one in json.loads(asked.output)]
    states = [row["raft_state"] for row in rows]
    return sorted(states) == ["follower", "follower", "leader"] and len({row["last_log_index"] for row in rows}) == 1


def test_three_nodes_form_one_cluster_by_their_logical_names(cluster: Deployment) -> None:
    wait_for_all(cluster, patience=30)
    assert [task.check_health().status for task in cluster.tasks] == [0, 0, 0]
    # The host is called otherwise, and none has the address of another.
    assert "ip-10-199-" in cluster.first.run("hostname").output
    found = json.loads(cluster.first.ctl("list_queues", "name", "type", "members", "--formatter", "json"))
    assert {one["name"]: (one["type"], sorted(one["members"])) for one in found} == dict.fromkeys(
        ("orders", "orders.dead-letters", "invoices", "invoices.dead-letters"), ("quorum", NODES)
    )


def test_a_rolling_restart_loses_none_of_twenty_thousand_messages(
    cluster: Deployment, record_property: Callable[[str, object], None]
) -> None:
    number = 20_000
    stops: list[float] = []
    # CloudFormation updates a service after those on which it depends.
    for earlier, later in zip(cluster.tasks, cluster.tasks[1:], strict=False):
        assert earlier.plan.service in later.plan.after
    with Traffic(cluster, number) as traffic:
        traffic.wait_for(1_000)
        for task in cluster.tasks:
            status, seconds = task.stop()
            assert (status, seconds < task.plan.stop_timeout) == (0, True), task.output[-3000:]
            stops.append(round(seconds, 1))
            task.start()
        traffic.wait_for(number)
    record_property("duplicates", traffic.duplicates)
    record_property("retries", traffic.retries)
    record_property("stops", stops)
    print(f"{traffic.duplicates} duplicates, {traffic.retries} retries, stops of {stops} s")  # noqa: T201
    assert traffic.confirmed == set(range(number)) == set(traffic.got)
    # What was sent but not confirmed is sent again; what was delivered but not acknowledged is delivered again.
    assert traffic.duplicates <= traffic.retries + traffic.most_unacknowledged
    assert drain(cluster) == []


def test_a_killed_node_comes_back_with_a_new_address_and_its_data(cluster: Deployment) -> None:
    bodies = [str(number) for number in range(100)]
    publish(cluster, bodies)
    second = cluster.tasks[1]
    before = second.address
    second.kill()
    publish(cluster, ["meanwhile"])
    second.start()
    assert second.address != before
    wait_for_all(cluster)
    wait_until(lambda: members_in_step(cluster), "it has what it missed")
    assert drain(cluster, second) == [*bodies, "meanwhile"]


def test_programs_go_on_when_the_node_that_they_use_is_killed(cluster: Deployment) -> None:
    got: Counter[str] = Counter()
    sent: list[str] = []
    enough = threading.Event()

    def send_on() -> None:
        with Producer(connection(cluster, "orders.producer"), send_timeout=timedelta(seconds=90)) as producer:
            while not enough.is_set():
                producer.send(str(len(sent)))
                sent.append(str(len(sent)))

    sending = threading.Thread(target=send_on)
    try:
        with running(
            Consumer(connection(cluster, "orders.consumer"), lambda message: got.update([message.body]), prefetch=10)
        ):
            sending.start()
            for user in ("orders.producer", "orders.consumer"):
                wait_for_more(sent)
                task = used_by(cluster, user)
                task.kill()
                wait_for_more(sent)
                wait_until(lambda: set(sent) <= set(got), "all that was confirmed is done")
                task.start(keep_address=True)
            wait_for_all(cluster)
            enough.set()
            sending.join()
            wait_until(lambda: set(sent) == set(got), "all is done")
    finally:
        enough.set()
    wait_until(lambda: members_in_step(cluster), "the nodes have what they missed")
    assert drain(cluster) == []


def wait_for_more(sent: Sequence[str]) -> None:
    before = len(sent)
    wait_until(lambda: len(sent) > before + 200, "messages are sent")


def connection(cluster: Deployment, user: str, *tasks: Task) -> AmqpConnection:
    """Return how a program is connected, by variables that name these nodes, or each, and the queue's exchange."""
    found = read_connection(
        "ORDERS",
        {
            "ORDERS_URL": ";".join(f"amqp://{task.address}:5672/%2F" for task in tasks or cluster.tasks),
            "ORDERS_NAME": "orders",
            "ORDERS_EXCHANGE": "orders",
            "ORDERS_USERNAME": user,
            "ORDERS_PASSWORD": cluster.password(user),
        },
    )
    assert isinstance(found, AmqpConnection)
    return found


def used_by(cluster: Deployment, user: str) -> Task:
    """Return the task to which the only program of a user is connected."""
    rows = json.loads(cluster.first.ctl("list_connections", "user", "name", "--formatter", "json"))
    [name] = [row["name"] for row in rows if row["user"] == user]
    [task] = [task for task in cluster.tasks if name.endswith(f" -> {task.address}:5672")]
    return task


def test_a_node_with_a_blank_disk_joins_again(cluster: Deployment) -> None:
    publish(cluster, ["kept"])
    third = cluster.tasks[2]
    third.kill()
    third.wipe()
    third.start()
    wait_for_all(cluster)
    publish(cluster, ["traffic"])
    wait_until(lambda: members_in_step(cluster), "it has its copy again")
    assert drain(cluster, third) == ["kept", "traffic"]


def test_the_node_of_a_minority_confirms_nothing_and_comes_back(cluster: Deployment) -> None:
    *majority, third = cluster.tasks
    others = [task.address for task in majority]
    for task in cluster.tasks:
        # Nodes miss each other after this time; a minute by default.
        task.ctl("eval", "net_kernel:set_net_ticktime(8, 0).")
    cluster.vpc.part(third.address, *others)
    try:
        wait_until(lambda: cluster.running_nodes() == NODES[:2], "the majority sees it")
        publish(cluster, ["in the partition"])
        with (
            Producer(connection(cluster, "orders.producer", third), send_timeout=timedelta(seconds=15)) as producer,
            pytest.raises(NotSent),
        ):
            producer.send("to the minority")
    finally:
        cluster.vpc.heal(third.address, *others)
    wait_for_all(cluster)
    wait_until(lambda: listens(third), "it serves again")
    wait_until(lambda: members_in_step(cluster), "it has what it missed")
    # What was not confirmed may still have come.
    assert set(drain(cluster, third)) - {"to the minority"} == {"in the partition"}


def listens(task: Task) -> bool:
    return task.run("rabbitmq-diagnostics", "-q", "check_port_listener", "5672").status == 0


def test_all_nodes_stopped_come_back_with_new_addresses(cluster: Deployment) -> None:
    publish(cluster, ["kept"])
    for task in cluster.tasks:
        task.kill()
    cluster.start()
    wait_for_all(cluster, patience=30)
    assert drain(cluster) == ["kept"]


def test_a_node_never_starts_empty_beside_its_data_under_another_name(
    cluster: Deployment, vpc: Vpc, image: Root, tmp_path: Path
) -> None:
    third = cluster.tasks[2]
    third.kill()
    with deploy(vpc, image, tmp_path, grade=NodeCluster(), dns_name="mq") as renamed:
        other = renamed.tasks[2]
        for path in ("/var/lib/rabbitmq", "/var/lib/rabbitmq-cluster"):
            other.access_point(path).symlink_to(third.access_point(path))
        other.launch()
        wait_until(lambda: not other.is_running, "it ends")
        assert "a cluster keeps its dns_name and its namespace" in other.output
    third.start()
    wait_for_all(cluster)
