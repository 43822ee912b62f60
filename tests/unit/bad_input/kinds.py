"""Values of another kind: a text for a list, part of a whole number, one thing in the place of another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from ecs_workloads import (
    AlarmThresholds,
    ArrivalRate,
    BacklogPerTask,
    CapacityShare,
    DownstreamLimit,
    ListenerRule,
    RabbitMqCollector,
    RequestsPerTarget,
    Scaling,
    Scheduled,
    TargetCpu,
    TargetMemory,
    TargetTimings,
    TierMetrics,
    WebFirewall,
    WritablePath,
)
from tests.unit.bad_input.bounds import PROGRAMS, TIERS, made_with
from tests.unit.bad_input.row import IMAGE, Agent, Bench, Row
from tests.unit.bad_input.volumes import disk

_Call = Callable[[Bench], object]
_SECONDS = timedelta(seconds=2)
# What a type checker would not let pass.
_PART: Any = 1.5
_TEXT: Any = "text"
_NUMBER: Any = 3
_POLICIES: Any = TargetCpu()
_CLASSES: Any = [TargetCpu]
_IMAGE: Any = IMAGE
_LIMIT: Any = DownstreamLimit(name="db", connections=1)


def _night(**changes: Any) -> Scheduled:
    return Scheduled(name="Night", schedule="rate(1 hour)", **changes)


def _raw(at: Bench) -> Any:
    return at.queue().queue


def _wrong(name: str, subject: str, message: str, call: _Call, *, leaves: bool = False) -> Row:
    return Row(name, subject, message, call, TypeError, leaves)


def _whole(subject: str, argument: str, call: _Call, *, leaves: bool = False) -> Row:
    message = f"{argument} must be a whole number, got 1.5"
    return _wrong(f"{subject}, part of {argument}", subject, message, call, leaves=leaves)


_NO_WHOLE_NUMBERS = (
    _whole("AlarmThresholds", "restarts", lambda _: AlarmThresholds(restarts=_PART)),
    _whole("ArrivalRate", "messages_at_once", lambda _: ArrivalRate(processing_time=_SECONDS, messages_at_once=_PART)),
    _whole(
        "ArrivalRate",
        "target_utilization_percent",
        lambda _: ArrivalRate(processing_time=_SECONDS, target_utilization_percent=_PART),
    ),
    _whole(
        "BacklogPerTask",
        "messages_at_once",
        lambda _: BacklogPerTask(acceptable_latency=_SECONDS, processing_time=_SECONDS, messages_at_once=_PART),
    ),
    _whole("CapacityShare", "base", lambda _: CapacityShare.fargate(base=_PART)),
    _whole("CapacityShare", "weight", lambda _: CapacityShare.fargate(weight=_PART)),
    _whole("Container", "cpu", lambda at: at.container(cpu=_PART)),
    _whole("Container", "memory_limit_mib", lambda at: at.container(memory_limit_mib=_PART)),
    _whole("Container", "ephemeral_storage_gib", lambda at: at.container(ephemeral_storage_gib=_PART)),
    _whole(
        "Container",
        "restart_ignored_exit_codes",
        lambda at: at.container(restart_attempt_period=timedelta(minutes=1), restart_ignored_exit_codes=[_PART]),
    ),
    _whole("DownstreamLimit 'db'", "connections", lambda _: DownstreamLimit(name="db", connections=_PART)),
    _whole(
        "DownstreamLimit 'db'",
        "connections_per_task",
        lambda _: DownstreamLimit(name="db", connections=1, connections_per_task=_PART),
    ),
    _whole("EbsVolume 'data'", "size_gib", lambda _: disk(size_gib=_PART)),
    _whole("EbsVolume 'data'", "iops", lambda _: disk(iops=_PART)),
    _whole("EbsVolume 'data'", "throughput_mib", lambda _: disk(throughput_mib=_PART)),
    _whole("ListenerRule", "priority", lambda at: at.rule(priority=_PART)),
    _whole("RabbitMqCollector", "memory_limit_mib", lambda _: RabbitMqCollector(memory_limit_mib=_PART)),
    _whole("RabbitMqQueue 'orders'", "port", lambda at: at.rabbit_queue(port=_PART)),
    _whole("RequestsPerTarget", "requests_per_minute", lambda _: RequestsPerTarget(requests_per_minute=_PART)),
    _whole("Scaling", "min_capacity", lambda _: Scaling(min_capacity=_PART, max_capacity=3)),
    _whole("Scaling", "max_capacity", lambda _: Scaling(max_capacity=_PART)),
    _whole("Scheduled 'Night'", "min_capacity", lambda _: _night(min_capacity=_PART)),
    _whole("Scheduled 'Night'", "max_capacity", lambda _: _night(max_capacity=_PART)),
    _whole(
        "Stack/App, container 'agent'",
        "memory_limit_mib",
        lambda at: at.app(sidecars=[Agent(memory_limit_mib=_PART)]),
        leaves=True,
    ),
    _whole("Stack/Broker", "cpu", lambda at: at.broker(cpu=_PART)),
    _whole("Stack/Broker", "delivery_limit", lambda at: at.broker_queue(delivery_limit=_PART), leaves=True),
    _whole("Stack/Images", "build_images", lambda at: at.repository(build_images=_PART)),
    _whole("Stack/Queue", "max_receive_count", lambda at: at.queue(max_receive_count=_PART)),
    _whole("Stack/Web", "health_check_port", lambda at: at.web(health_check_port=_PART)),
    _whole("TargetCpu", "target_utilization_percent", lambda _: TargetCpu(target_utilization_percent=_PART)),
    _whole("TargetMemory", "target_utilization_percent", lambda _: TargetMemory(target_utilization_percent=_PART)),
    _whole("TargetTimings", "healthy_threshold_count", lambda _: TargetTimings(healthy_threshold_count=_PART)),
    _whole("TargetTimings", "unhealthy_threshold_count", lambda _: TargetTimings(unhealthy_threshold_count=_PART)),
    _whole(
        "TierMetrics",
        "min_capacity",
        lambda _: TierMetrics(cluster_name="shop", service_name="tier", min_capacity=_PART),
    ),
    _whole("WebFirewall", "requests_per_ip", lambda _: WebFirewall(requests_per_ip=_PART)),
    _whole("WritablePath", "size_mib", lambda _: WritablePath(container_path="/a", size_mib=_PART)),
)
_NO_LISTS = (
    _wrong(
        "a policy without a list",
        "Scaling",
        "policies must be a list of policies, such as TargetCpu(), got TargetCpu(",
        lambda _: Scaling(max_capacity=2, policies=_POLICIES),
    ),
    _wrong(
        "the class of a policy",
        "Scaling",
        "policies must be a list of policies, such as TargetCpu(), got <class 'ecs_workloads.",
        lambda _: Scaling(max_capacity=2, policies=_CLASSES),
    ),
    _wrong(
        "a limit without a list",
        "Scaling",
        "downstream must be a list of DownstreamLimit, got DownstreamLimit(",
        lambda _: Scaling(downstream=_LIMIT),
    ),
    _wrong(
        "a limit that is a number",
        "Scaling",
        "downstream must be a list of DownstreamLimit, got 3 in it",
        lambda _: Scaling(downstream=[_NUMBER]),
    ),
    _wrong(
        "a command that is one text",
        "Container",
        "command must be a list of words, got 'python worker.py'",
        lambda at: at.container(command="python worker.py"),
    ),
    _wrong(
        "a sidecar's command that is one text",
        "Stack/App, container 'agent'",
        "command must be a list of words, got 'agent --all'",
        lambda at: at.app(sidecars=[Agent(command="agent --all")]),
        leaves=True,
    ),
    _wrong(
        "a sidecar's command with a number",
        "Stack/App, container 'agent'",
        "command must be a list of words, got 3 in it",
        lambda at: at.app(sidecars=[Agent(command=[_NUMBER])]),
        leaves=True,
    ),
    _wrong(
        "a volume that is a path",
        "Container",
        "volumes must be a list of volumes, such as an EfsVolume, got 'text' in it",
        lambda at: at.container(volumes=[_TEXT]),
    ),
    _wrong(
        "release tags that are one text",
        "Stack/Images",
        "release_tag_patterns must be a list of patterns of tags, got '1.0'",
        lambda at: at.repository(release_tag_patterns="1.0"),
    ),
    _wrong(
        "an account that is a number",
        "Stack/Images",
        "pull_account_ids must be a list of account ids, got 111111111111 in it",
        lambda at: at.repository(pull_account_ids=[111111111111]),
    ),
    _wrong(
        "a host without a list",
        "ListenerRule",
        "host_headers must be a list of texts, got 'shop.example.com'",
        lambda at: at.rule(host_headers="shop.example.com"),
    ),
    _wrong(
        "the value of a header that is a number",
        "ListenerRule",
        "http_headers['X-Shop'] must be a list of texts, got 3 in it",
        lambda at: ListenerRule(listener=at.listener, priority=1, http_headers={"X-Shop": [_NUMBER]}),
    ),
    _wrong(
        "a counted rule without a list",
        "WebFirewall",
        "counted_rules['AWSManagedRulesCommonRuleSet'] must be a list of names, got 'SizeRestrictions_BODY'",
        lambda _: WebFirewall(counted_rules={"AWSManagedRulesCommonRuleSet": "SizeRestrictions_BODY"}),
    ),
    _wrong(
        "a group of rules that is a number",
        "WebFirewall",
        "managed_rule_groups must be a list of names, got 3 in it",
        lambda _: WebFirewall(managed_rule_groups=[_NUMBER]),
    ),
    _wrong(
        "one source without a list",
        "Stack/Web",
        "sources must be a list of peers, such as ec2.Peer.ipv4('10.0.0.0/8'), got '10.0.0.0/8'",
        lambda at: at.web(sources="10.0.0.0/8"),
    ),
    _wrong(
        "a source that is a text",
        "Stack/Web",
        "sources must be a list of peers, such as ec2.Peer.ipv4('10.0.0.0/8'), got '10.0.0.0/8' in it",
        lambda at: at.web(sources=["10.0.0.0/8"]),
    ),
    *(
        _wrong(
            f"{kind}: a share without a list",
            path,
            "capacity must be a list of CapacityShare, such as CapacityShare.fargate_spot(), got CapacityShare(",
            made_with(make, capacity=CapacityShare.fargate()),
        )
        for kind, path, make in TIERS
    ),
)
_OTHER_THINGS = (
    *(
        _wrong(f"{kind}: {what}", path, message, made_with(make, **wrong))
        for kind, path, make in PROGRAMS
        for what, message, wrong in (
            (
                "an image for its container",
                "container must be a Container, such as Container(image=...), got <aws_cdk.",
                {"container": _IMAGE},
            ),
            (
                "a number for its scaling",
                "scaling must be a Scaling, such as Scaling(max_capacity=4), got 3",
                {"scaling": _NUMBER},
            ),
        )
    ),
    _wrong(
        "a queue of aws_cdk to send to",
        "Stack/Web",
        "queue must be a MessageQueue, such as an SqsQueue, or SqsQueue.from_queue(...) of another, got",
        lambda at: at.web().send_to(_raw(at), prefix="ORDERS"),
        leaves=True,
    ),
    _wrong(
        "a health check that is a text",
        "Container",
        "health_check must be an ecs.HealthCheck(command=[...]), got 'curl'",
        lambda at: at.container(health_check="curl"),
    ),
    _wrong(
        "a mean time that is a number",
        "ArrivalRate",
        "processing_time must be a datetime.timedelta, got 3",
        lambda _: ArrivalRate(processing_time=_NUMBER),
    ),
    _wrong(
        "a mean time for a backlog that is a number",
        "BacklogPerTask",
        "processing_time must be a datetime.timedelta, got 3",
        lambda _: BacklogPerTask(acceptable_latency=_SECONDS, processing_time=_NUMBER),
    ),
    _wrong(
        "slow responses that are a number",
        "AlarmThresholds",
        "slow_responses must be a datetime.timedelta, got 3",
        lambda _: AlarmThresholds(slow_responses=_NUMBER),
    ),
    _wrong(
        "a percentage that is a text",
        "AlarmThresholds",
        "high_cpu must be a number, got 'text'",
        lambda _: AlarmThresholds(high_cpu=_TEXT),
    ),
    _wrong(
        "failed percent that are a text",
        "Stack/Web",
        "max_failed_percent must be a number, got 'text'",
        lambda at: at.web(max_failed_percent=_TEXT),
    ),
)
ROWS = (*_NO_WHOLE_NUMBERS, *_NO_LISTS, *_OTHER_THINGS)
