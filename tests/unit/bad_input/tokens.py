"""Values that are known only at deployment, where a known one would be checked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ecs_workloads import (
    ArrivalRate,
    BacklogPerTask,
    CapacityShare,
    Domain,
    ListenerRule,
    RequestsPerTarget,
    Scaling,
    Scheduled,
    TargetCpu,
    TargetMemory,
    WritablePath,
)
from tests.unit.bad_input.row import TokenRow

_SECOND = timedelta(seconds=1)


def _scheduled(**changes: Any) -> Scheduled:
    arguments: dict[str, Any] = {"name": "Night", "schedule": "rate(1 hour)", "min_capacity": 1, **changes}
    return Scheduled(**arguments)


ROWS = (
    TokenRow("port", lambda at: at.container(port=at.number)),
    TokenRow("cpu", lambda at: at.container(cpu=at.number)),
    TokenRow("memory", lambda at: at.container(memory_limit_mib=at.number)),
    TokenRow("variable", lambda at: at.container(environment={at.text: "x"})),
    TokenRow("folder", lambda at: WritablePath(container_path=at.text)),
    TokenRow("repository_name", lambda at: at.repository(repository_name=at.text)),
    TokenRow("build_images", lambda at: at.repository(build_images=at.number)),
    TokenRow("release_tag_patterns", lambda at: at.repository(release_tag_patterns=[at.text])),
    TokenRow("pull_account_ids", lambda at: at.repository(pull_account_ids=[at.text])),
    TokenRow("arrivals at once", lambda at: ArrivalRate(processing_time=_SECOND, messages_at_once=at.number)),
    TokenRow("arrivals' target", lambda at: ArrivalRate(processing_time=_SECOND, target_utilization_percent=at.number)),
    TokenRow(
        "backlog at once",
        lambda at: BacklogPerTask(acceptable_latency=_SECOND, processing_time=_SECOND, messages_at_once=at.number),
    ),
    TokenRow("requests", lambda at: RequestsPerTarget(requests_per_minute=at.number)),
    TokenRow("cpu target", lambda at: TargetCpu(target_utilization_percent=at.number)),
    TokenRow("memory target", lambda at: TargetMemory(target_utilization_percent=at.number)),
    TokenRow("fewest tasks", lambda at: Scaling(min_capacity=at.number, max_capacity=4)),
    TokenRow("most tasks", lambda at: Scaling(min_capacity=4, max_capacity=at.number)),
    TokenRow("schedule's name", lambda at: _scheduled(name=at.text)),
    TokenRow("schedule", lambda at: _scheduled(schedule=at.text)),
    TokenRow("schedule's min", lambda at: _scheduled(min_capacity=at.number)),
    TokenRow("schedule's max", lambda at: _scheduled(max_capacity=at.number)),
    TokenRow("provider", lambda at: at.worker(capacity=[CapacityShare(capacity_provider=at.text)])),
    TokenRow("base", lambda at: CapacityShare.fargate(base=at.number, weight=0)),
    TokenRow("weight", lambda at: at.worker(capacity=[CapacityShare.fargate(weight=at.number)])),
    TokenRow("namespace_name", lambda at: at.container_cluster(namespace_name=at.text)),
    TokenRow(
        "zone_name",
        lambda at: Domain(domain_name="shop.example.com", hosted_zone_id="Z1", zone_name=at.text),
    ),
    TokenRow(
        "domain_name",
        lambda at: Domain(domain_name=at.text, hosted_zone_id="Z1", zone_name="example.com"),
    ),
    TokenRow(
        "priority",
        lambda at: ListenerRule(listener=at.listener, priority=at.number, host_headers=["shop.example.com"]),
    ),
    TokenRow("dns_name", lambda at: at.app(dns_name=at.text)),
    TokenRow("broker's dns_name", lambda at: at.broker(dns_name=at.text)),
    TokenRow("prefix", lambda at: at.sqs_queue.connection_environment(at.text)),
    TokenRow("max_receive_count", lambda at: at.queue(max_receive_count=at.number)),
    TokenRow("queue's name of many parts", lambda at: at.rabbit_queue(name=20 * at.text)),
    TokenRow("queue's port", lambda at: at.rabbit_queue(port=at.number)),
)
