"""One durable node of the construct, on a real RabbitMQ."""

from __future__ import annotations

import contextlib
import json
import time
import urllib.error
import urllib.request

import pika
import pytest
from pika.exceptions import AMQPError, ChannelClosedByBroker, ProbableAuthenticationError

from tests.broker.conftest import ON_EACH
from tests.broker.deployment import Deployment
from tests.broker.root import Root
from tests.broker.task import Task

pytestmark = ON_EACH
PERSISTENT = pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent)


def ignore(*_: object) -> None:
    """Do nothing with a message, and hold it."""


def publish(deployment: Deployment, bodies: list[str], task: Task | None = None) -> None:
    """Publish to the first queue; return when all are confirmed."""
    with deployment.connect("orders.producer", task) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        for body in bodies:
            channel.basic_publish("orders", "orders", body.encode(), PERSISTENT, mandatory=True)


def drain(deployment: Deployment, task: Task | None = None) -> list[str]:
    """Take all that is in the first queue."""
    found: list[str] = []
    with deployment.connect("orders.consumer", task) as connection:
        channel = connection.channel()
        while True:
            method, _, body = channel.basic_get("orders")
            if method is None or body is None:
                return found
            found.append(body.decode())
            channel.basic_ack(method.delivery_tag or 0)


def test_it_boots_without_root_on_a_read_only_root(single: Deployment, image: Root) -> None:
    task = single.first
    assert task.run("id", "-u").output.strip() == "999"
    assert "Read-only file system" in task.run("touch", "/etc/rabbitmq/rabbitmq.conf").output
    assert task.run("touch", "/var/lib/rabbitmq/here").status == 0
    assert task.ctl("version").strip() == image.version


def test_it_is_configured_by_what_is_generated(single: Deployment) -> None:
    status = json.loads(single.first.ctl("status", "--formatter", "json"))
    assert status["vm_memory_high_watermark_limit"] == int((2048 - 128) * 1024 * 1024 * 0.6)
    assert status["disk_free_limit"] > 0
    listeners = {one["port"]: one["interface"] for one in status["listeners"]}
    # Who is not in the task reaches AMQP alone.
    assert [port for port, interface in listeners.items() if interface != "127.0.0.1"] in ([5672], [5672, 25672])
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"http://{single.first.address}:15692/metrics", timeout=2)
    assert single.first.ctl("eval", "erlang:system_info(schedulers).").strip() == "1"


def test_guest_is_gone(single: Deployment) -> None:
    users = {one["user"] for one in json.loads(single.first.ctl("list_users", "--formatter", "json"))}
    roles = {f"{queue}.{role}" for queue in ("orders", "invoices") for role in ("producer", "consumer")}
    assert users == {"application", *roles}
    with pytest.raises(ProbableAuthenticationError):
        single.first.connect("guest", "guest")


def test_queues_are_quorum_queues(single: Deployment) -> None:
    found = json.loads(single.first.ctl("list_queues", "name", "type", "--formatter", "json"))
    assert {one["name"]: one["type"] for one in found} == dict.fromkeys(
        ("orders", "orders.dead-letters", "invoices", "invoices.dead-letters"), "quorum"
    )


@pytest.mark.parametrize(
    ("user", "act", "arguments"),
    [
        ("orders.producer", "basic_get", ("orders",)),
        (
            "orders.producer",
            "basic_publish",
            (
                "invoices",
                "invoices",
                b"no",
            ),
        ),
        (
            "orders.producer",
            "basic_publish",
            (
                "",
                "orders",
                b"no",
            ),
        ),
        ("orders.producer", "queue_declare", ("mine",)),
        ("orders.producer", "queue_delete", ("orders",)),
        ("orders.producer", "queue_purge", ("orders",)),
        ("orders.consumer", "basic_get", ("invoices",)),
        (
            "orders.consumer",
            "basic_publish",
            (
                "orders",
                "orders",
                b"no",
            ),
        ),
        ("orders.consumer", "queue_declare", ("mine",)),
        ("orders.consumer", "queue_delete", ("orders",)),
    ],
)
def test_a_user_may_do_nothing_else(single: Deployment, user: str, act: str, arguments: tuple[object, ...]) -> None:
    with single.connect(user) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        with pytest.raises(ChannelClosedByBroker) as refused:
            getattr(channel, act)(*arguments)
        assert refused.value.reply_code == 403


def test_a_poison_message_is_a_dead_letter_after_five_more_deliveries(single: Deployment) -> None:
    publish(single, ["poison"])
    deliveries = 0
    with single.connect("orders.consumer") as connection:
        channel = connection.channel()
        end = time.monotonic() + 30
        while deliveries < 10 and time.monotonic() < end:
            method, _, _ = channel.basic_get("orders")
            if method is None:
                if deliveries > 5:
                    break
                time.sleep(0.05)
                continue
            deliveries += 1
            channel.basic_reject(method.delivery_tag or 0, requeue=True)
    assert deliveries == 6
    with single.connect() as connection:
        end = time.monotonic() + 30
        while (found := connection.channel().basic_get("orders.dead-letters", auto_ack=True))[2] is None:
            assert time.monotonic() < end
            time.sleep(0.1)
        assert found[2] == b"poison"


def test_a_dead_letter_is_still_there_when_it_was_looked_at_often(single: Deployment) -> None:
    with single.connect() as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish("", "invoices.dead-letters", b"precious", PERSISTENT, mandatory=True)
        looks = 0
        end = time.monotonic() + 30
        # RabbitMQ's own limit is 20.
        while looks < 25:
            assert time.monotonic() < end, f"gone after {looks} looks"
            method, _, _ = channel.basic_get("invoices.dead-letters")
            if method is not None:
                looks += 1
                channel.basic_reject(method.delivery_tag or 0, requeue=True)
            time.sleep(0.01)


def test_the_health_command_tells_a_hung_node_from_a_healthy_one(single: Deployment) -> None:
    health = single.first.plan.container["HealthCheck"]
    healthy = single.first.check_health()
    assert healthy.status == 0
    assert healthy.seconds < health["Timeout"]
    single.first.ctl("stop_app")
    try:
        # The process lives and answers, as in a boot that hangs.
        assert single.first.run("rabbitmq-diagnostics", "-q", "ping").status == 0
        assert single.first.check_health().status != 0
    finally:
        single.first.ctl("start_app")
    assert single.first.check_health().status == 0


def test_the_health_command_fails_on_a_frozen_node(single: Deployment) -> None:
    pid = int(single.first.ctl("eval", "os:getpid().").strip().strip('"'))
    assert single.first.run("kill", "-STOP", str(pid)).status == 0
    try:
        assert single.first.check_health().status != 0
    finally:
        assert single.first.run("kill", "-CONT", str(pid)).status == 0
    single.first.wait_until_serving()


def test_a_killed_node_comes_back_with_a_new_address_and_its_messages(single: Deployment) -> None:
    bodies = [str(number) for number in range(200)]
    publish(single, bodies)
    before = single.first.address
    single.first.kill()
    single.first.start()
    assert single.first.address != before
    assert drain(single) == bodies


def test_a_second_boot_changes_no_definition(single: Deployment) -> None:
    def exported() -> object:
        ran = single.first.run("rabbitmqctl", "-q", "export_definitions", "-", "--format", "json")
        found = json.loads(ran.output[ran.output.index("{") :])
        for user in found["users"]:
            user.pop("password_hash")  # of a salt that is new at each import
        # The broker tells them in any order.
        kinds = ("users", "vhosts", "permissions", "policies", "queues", "exchanges", "bindings")
        return {kind: sorted(json.dumps(one, sort_keys=True) for one in found[kind]) for kind in kinds}

    publish(single, ["kept"])
    before = exported()
    status, seconds = single.first.stop()
    assert (status, seconds < single.first.plan.stop_timeout) == (0, True)
    assert not single.first.is_running
    single.first.start()
    assert exported() == before
    assert drain(single) == ["kept"]


def test_a_stop_takes_less_than_the_stop_timeout_while_clients_are_there(
    single: Deployment, record_property: object
) -> None:
    connection = single.connect("orders.consumer")
    connection.channel().basic_consume("orders", ignore)
    status, seconds = single.first.stop()
    with contextlib.suppress(AMQPError):
        connection.close()
    assert callable(record_property)
    record_property("seconds", round(seconds, 1))
    assert (status, seconds < single.first.plan.stop_timeout) == (0, True)
    single.start()
