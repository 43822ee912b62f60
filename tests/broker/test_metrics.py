"""What the generated collector configuration selects, of the real endpoint."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from ecs_workloads._rabbit_mq_metrics import collector_config
from tests.broker.conftest import ON_EACH
from tests.broker.deployment import Deployment
from tests.broker.task import Task
from tests.broker.test_single_node import drain, ignore, publish

pytestmark = ON_EACH
_FETCH = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())"
_SERIES = re.compile(r"(?P<name>\w+)(?:{(?P<labels>[^}]*)})? (?P<value>\S+)")
Series = tuple[str, frozenset[tuple[str, str]]]


def scrape(task: Task, job: dict[str, Any]) -> dict[Series, float]:
    """Return what a Prometheus receiver would take of one job, as the job is configured."""
    [target] = [one for group in job["static_configs"] for one in group["targets"]]
    url = f"http://{target}{job['metrics_path']}?{urlencode(job.get('params', {}), doseq=True)}"
    answer = task.run("python3", "-c", _FETCH, url)
    assert answer.status == 0, answer.output
    found: dict[Series, float] = {}
    for line in answer.output.splitlines():
        series = _SERIES.fullmatch(line)
        if series is None:
            continue
        labels = {"__name__": series["name"], **dict(re.findall(r'(\w+)="([^"]*)"', series["labels"] or ""))}
        if relabel(labels, job["metric_relabel_configs"]):
            found[labels.pop("__name__"), frozenset(labels.items())] = float(series["value"])
    return found


def relabel(labels: dict[str, str], rules: list[dict[str, Any]]) -> bool:
    """Change ``labels`` as Prometheus does; return whether the series is kept."""
    for rule in rules:
        pattern = rule.get("regex", "(.*)")
        if rule.get("action") == "keep":
            text = ";".join(labels.get(name, "") for name in rule["source_labels"])
            if re.fullmatch(pattern, text) is None:
                return False
        elif rule.get("action") == "labeldrop":
            for name in [name for name in labels if re.fullmatch(pattern, name)]:
                del labels[name]
        else:
            labels[rule["target_label"]] = ";".join(labels.get(name, "") for name in rule["source_labels"])
    return True


def test_the_collector_selects_what_the_alarms_read(single: Deployment) -> None:
    config = collector_config(cluster_name="shop", node_name="rabbit@localhost", log_group_name="group")
    queues, node = config["receivers"]["prometheus"]["config"]["scrape_configs"]
    publish(single, ["one", "two", "three"])
    connection = single.connect("orders.consumer")
    channel = connection.channel()
    channel.basic_qos(prefetch_count=2)
    channel.basic_consume("orders", ignore)
    connection.process_data_events(time_limit=1)

    found: dict[Series, float] = {}

    def value(name: str, queue: str) -> float:
        labels = frozenset({("VHost", "/"), ("Queue", queue)})
        return found.get((f"rabbitmq_detailed_queue_{name}", labels), -1)

    for _ in range(20):
        # The broker gathers the numbers of a queue every five seconds.
        connection.process_data_events(time_limit=1)
        found = scrape(single.first, queues)
        if value("messages_unacked", "orders") == 2:
            break
    assert {name: value(name, "orders") for name in ("messages_ready", "messages_unacked", "consumers")} == {
        "messages_ready": 1,
        "messages_unacked": 2,
        "consumers": 1,
    }
    assert value("consumers", "invoices") == 0
    assert len(found) == 3 * 4  # and nothing else
    assert scrape(single.first, node) == {
        ("rabbitmq_alarms_memory_used_watermark", frozenset()): 0,
        ("rabbitmq_alarms_free_disk_space_watermark", frozenset()): 0,
    }
    connection.close()
    assert len(drain(single)) == 3
