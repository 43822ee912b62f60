"""Tests of `Alarms`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template

from ecs_workloads import (
    Alarms,
    AlarmThresholds,
    AppServer,
    BrokerMetrics,
    Container,
    QueueMetrics,
    RequestMetrics,
    ServiceConnectMetrics,
    TierMetrics,
)
from ecs_workloads.alarm_thresholds import AlarmName
from ecs_workloads.alarms import Severity
from tests.templates import HEALTHY, resources

REQUESTS = RequestMetrics(load_balancer_full_name="app/shop/1", target_group_full_name="targetgroup/web/2")
CALLS = ServiceConnectMetrics(discovery_name="app", cluster_name="shop", service_name="tier")
CONSUMERS = cloudwatch.Metric(namespace="Test", metric_name="Consumers")
ORDERS = replace(QueueMetrics.of_sqs("orders", dead_letter_queue_name="dead-orders"), consumers=CONSUMERS)
BROKER = BrokerMetrics(
    blocked=cloudwatch.Metric(namespace="Test", metric_name="Blocked"),
    nodes=[cloudwatch.Metric(namespace="Test", metric_name=f"Node{number}") for number in (1, 2)],
    path="Shop/Broker",
)
TIER = TierMetrics(
    cluster_name="shop", service_name="tier", min_capacity=1, requests=REQUESTS, queue=ORDERS, broker=BROKER
)
NOBODY: dict[Severity, list[sns.Topic]] = {"critical": [], "warning": []}
EVERY: tuple[AlarmName, ...] = get_args(AlarmName)
MakeAlarms = Callable[..., Alarms]


@pytest.fixture
def make(stack: cdk.Stack) -> MakeAlarms:
    def alarms(**arguments: Any) -> Alarms:
        defaults: dict[str, Any] = {"tiers": {"Shop": TIER}, "topics": NOBODY}
        return Alarms(stack, "Alarms", **{**defaults, **arguments})

    return alarms


def only(stack: cdk.Stack, alarms: Alarms, name: AlarmName, tier: str = "Shop") -> dict[str, Any]:
    resource = alarms.alarm(tier, name).node.default_child
    assert isinstance(resource, cloudwatch.CfnAlarm)
    logical_id = stack.resolve(resource.logical_id)
    return dict(Template.from_stack(stack).to_json()["Resources"][logical_id]["Properties"])


def test_a_threshold_may_be_known_at_deployment_alone(stack: cdk.Stack, make: MakeAlarms) -> None:
    number: Any = cdk.CfnParameter(stack, "Number", type="Number").value_as_number
    make(
        thresholds=AlarmThresholds(
            failed_responses=number,
            unhealthy_hosts=number,
            high_cpu=number,
            high_memory=number,
            restarts=number,
            dead_letters=number,
        )
    )

    alarms = [one["Properties"] for one in resources(stack, "AWS::CloudWatch::Alarm")]
    told = [one for one in alarms if {"Ref": "Number"} in (one["Threshold"], one.get("DatapointsToAlarm"))]
    assert len(told) == 6
    assert all({"Ref": "Number"} in one["AlarmDescription"]["Fn::Join"][1] for one in told)


def metrics_of(alarm: dict[str, Any]) -> set[str]:
    if "MetricName" in alarm:
        return {alarm["MetricName"]}
    return {one["MetricStat"]["Metric"]["MetricName"] for one in alarm["Metrics"] if "MetricStat" in one}


@pytest.mark.parametrize(
    ("name", "threshold", "of_minutes", "metrics"),
    [
        (
            "failed_responses",
            5,
            (3, 5),
            {
                "RequestCount",
                "HTTPCode_Target_5XX_Count",
                "HTTPCode_ELB_5XX_Count",
                "HTTPCode_ELB_502_Count",
                "HTTPCode_ELB_504_Count",
            },
        ),
        ("slow_responses", 2, (3, 5), {"TargetResponseTime"}),
        ("unhealthy_hosts", 1, (5, 5), {"UnHealthyHostCount"}),
        ("no_running_task", 1, (5, 5), {"CPUUtilization"}),
        ("high_cpu", 90, (10, 10), {"CPUUtilization"}),
        ("high_memory", 90, (5, 5), {"MemoryUtilization"}),
        ("restarts", 1, (5, 15), {"DesiredTaskCount", "RunningTaskCount", "DeploymentCount"}),
        ("oldest_message_age", 900, (3, 3), {"ApproximateAgeOfOldestMessage"}),
        ("dead_letters", 1, (1, 1), {"ApproximateNumberOfMessagesVisible"}),
        ("no_consumer", 1, (5, 5), {"ApproximateNumberOfMessagesVisible", "Consumers"}),
        ("blocked", 1, (2, 2), {"Blocked"}),
        ("missing_nodes", 1, (10, 10), {"Node1", "Node2"}),
        ("unmeasured", 0, (10, 10), {"Blocked"}),
    ],
)
def test_every_alarm_has_its_documented_default(
    name: AlarmName, threshold: float, of_minutes: tuple[int, int], metrics: set[str]
) -> None:
    stack = cdk.Stack()
    alarm = only(stack, Alarms(stack, "Alarms", tiers={"Shop": TIER}, topics=NOBODY), name)

    below = name in {"no_running_task", "unmeasured"}
    assert alarm["Threshold"] == threshold
    assert (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]) == of_minutes
    assert alarm["ComparisonOperator"] == ("LessThanThreshold" if below else "GreaterThanOrEqualToThreshold")
    assert metrics_of(alarm) == metrics


@pytest.mark.parametrize(
    ("name", "value", "property_name", "expected"),
    [
        ("failed_responses", 0.5, "Threshold", 0.5),
        ("slow_responses", timedelta(milliseconds=300), "Threshold", 0.3),
        ("unhealthy_hosts", 2, "Threshold", 2),
        ("no_running_task", timedelta(minutes=2), "EvaluationPeriods", 2),
        ("high_cpu", 70, "Threshold", 70),
        ("high_memory", 80, "Threshold", 80),
        ("restarts", 3, "DatapointsToAlarm", 3),
        ("oldest_message_age", timedelta(minutes=2), "Threshold", 120),
        ("dead_letters", 10, "Threshold", 10),
    ],
)
def test_every_threshold_can_be_moved(name: AlarmName, value: Any, property_name: str, expected: float) -> None:
    stack = cdk.Stack()
    moved = AlarmThresholds(**{name: value})
    alarms = Alarms(stack, "Alarms", tiers={"Shop": TIER}, topics=NOBODY, thresholds=moved)

    assert only(stack, alarms, name)[property_name] == expected


@pytest.mark.parametrize("name", EVERY)
def test_every_alarm_can_be_switched_off_by_its_name(stack: cdk.Stack, make: MakeAlarms, name: AlarmName) -> None:
    off: dict[str, Any] = {name: None}
    alarms = make(thresholds=AlarmThresholds(**off))

    assert len(alarms.alarms) == len(EVERY) - 1 == len(resources(stack, "AWS::CloudWatch::Alarm"))
    with pytest.raises(ValueError, match=f"Stack/Alarms: no alarm Shop.{name}"):
        alarms.alarm("Shop", name)


def test_one_tier_can_have_thresholds_of_its_own(stack: cdk.Stack, make: MakeAlarms) -> None:
    alarms = make(tiers={"Shop": TIER, "Back": TIER}, tier_thresholds={"Back": AlarmThresholds(high_cpu=50)})

    assert only(stack, alarms, "high_cpu", "Shop")["Threshold"] == 90
    assert only(stack, alarms, "high_cpu", "Back")["Threshold"] == 50


def test_a_message_may_wait_twice_its_acceptable_latency(stack: cdk.Stack, make: MakeAlarms) -> None:
    patient = replace(TIER, queue=replace(ORDERS, acceptable_latency=timedelta(hours=1)))

    assert only(stack, make(tiers={"Shop": patient}), "oldest_message_age")["Threshold"] == 7200


@pytest.mark.parametrize(
    ("latency", "threshold", "age"),
    [(None, 8100, "135 minutes"), (timedelta(minutes=5), 7800, "130 minutes")],
)
def test_a_message_that_is_worked_on_is_not_late(
    stack: cdk.Stack, make: MakeAlarms, latency: timedelta | None, threshold: int, age: str
) -> None:
    slow = replace(ORDERS, acceptable_latency=latency, longest_processing_time=timedelta(hours=2))

    alarm = only(stack, make(tiers={"Shop": replace(TIER, queue=slow)}), "oldest_message_age")

    assert alarm["Threshold"] == threshold
    assert alarm["AlarmDescription"] == (
        f"critical: Shop: a message was sent {age} ago or earlier, and is not worked off"
    )


def test_an_age_that_is_said_is_what_it_is_however_long_a_message_takes(stack: cdk.Stack, make: MakeAlarms) -> None:
    slow = replace(TIER, queue=replace(ORDERS, longest_processing_time=timedelta(hours=2)))
    said = AlarmThresholds(oldest_message_age=timedelta(minutes=10))

    assert only(stack, make(tiers={"Shop": slow}, thresholds=said), "oldest_message_age")["Threshold"] == 600


@pytest.mark.parametrize(("retention", "threshold"), [(2, 3600), (4, 7200), (5, 7200)])
def test_an_age_that_follows_from_the_latency_is_at_most_half_of_what_the_queue_keeps(
    stack: cdk.Stack, make: MakeAlarms, retention: int, threshold: int
) -> None:
    queue = replace(ORDERS, acceptable_latency=timedelta(hours=1), retention_period=timedelta(hours=retention))

    alarms = make(tiers={"Shop": replace(TIER, queue=queue)})

    assert only(stack, alarms, "oldest_message_age")["Threshold"] == threshold


def test_an_age_of_ones_own_may_be_just_below_what_the_queue_keeps(stack: cdk.Stack, make: MakeAlarms) -> None:
    short = replace(TIER, queue=replace(ORDERS, retention_period=timedelta(minutes=10)))
    said = AlarmThresholds(oldest_message_age=timedelta(minutes=9))

    assert only(stack, make(tiers={"Shop": short}, thresholds=said), "oldest_message_age")["Threshold"] == 540


@pytest.mark.parametrize(
    ("grace", "minutes"),
    [
        (timedelta(0), 5),
        (timedelta(minutes=4), 5),
        (timedelta(minutes=4, seconds=1), 6),
        (timedelta(minutes=40, seconds=20), 42),
        # CloudWatch looks back for one day at most.
        (timedelta(days=1), 1440),
    ],
)
def test_a_task_is_unhealthy_when_it_fails_for_longer_than_a_new_one_may(
    stack: cdk.Stack, make: MakeAlarms, grace: timedelta, minutes: int
) -> None:
    slow = replace(TIER, requests=replace(REQUESTS, health_check_grace_period=grace))

    alarm = only(stack, make(tiers={"Shop": slow}), "unhealthy_hosts")

    assert (alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (minutes, minutes)


@pytest.mark.parametrize("requests", [REQUESTS, CALLS])
def test_a_tier_that_is_stopped_on_purpose_answers_nothing_and_lets_messages_wait(
    make: MakeAlarms, requests: RequestMetrics | ServiceConnectMetrics
) -> None:
    stopped = replace(TIER, requests=requests, broker=None, suspended=True)

    names = [alarm.node.id for alarm in make(tiers={"Shop": stopped}).alarms]

    assert names == ["HighCpu", "HighMemory", "Restarts", "DeadLetters"]


def test_missing_data_means_no_running_task_or_an_unmeasured_broker_and_nothing_else(
    stack: cdk.Stack, make: MakeAlarms
) -> None:
    alarms = make()

    missing = {name: only(stack, alarms, name)["TreatMissingData"] for name in EVERY}

    assert {name for name, treated in missing.items() if treated == "breaching"} == {"no_running_task", "unmeasured"}
    assert set(missing.values()) == {"breaching", "notBreaching"}


def test_a_tier_that_may_have_no_task_has_no_alarm_on_it(make: MakeAlarms) -> None:
    names = {alarm.node.id for alarm in make(tiers={"Shop": replace(TIER, min_capacity=0)}).alarms}

    assert "NoRunningTask" not in names
    assert len(names) == len(EVERY) - 1


def test_there_is_no_alarm_on_what_nothing_measures(make: MakeAlarms) -> None:
    queue = replace(ORDERS, oldest_message_age=None, dead_letters=None, consumers=None)
    bare = replace(TIER, requests=None, queue=queue, broker=None)

    names = [alarm.node.id for alarm in make(tiers={"Shop": bare}).alarms]

    assert names == ["NoRunningTask", "HighCpu", "HighMemory", "Restarts"]


def test_a_tier_on_service_connect_has_alarms_on_its_responses_and_none_on_hosts(
    stack: cdk.Stack, make: MakeAlarms
) -> None:
    alarms = make(tiers={"App": replace(TIER, requests=CALLS, queue=None, broker=None)})

    names = [alarm.node.id for alarm in alarms.alarms]
    assert names == ["FailedResponses", "SlowResponses", "NoRunningTask", "HighCpu", "HighMemory", "Restarts"]
    failed = only(stack, alarms, "failed_responses", "App")
    assert metrics_of(failed) == {"RequestCount", "HTTPCode_Target_5XX_Count"}
    slow = only(stack, alarms, "slow_responses", "App")
    assert metrics_of(slow) == {"TargetResponseTime"}
    # Two seconds, and the milliseconds of ECS made seconds.
    assert (slow["Threshold"], slow["Metrics"][0]["Expression"]) == (2, "milliseconds_p99 / 1000")


def test_restarts_in_the_same_task_count_where_a_container_has_a_restart_policy(
    stack: cdk.Stack, make: MakeAlarms
) -> None:
    alarm = only(stack, make(tiers={"Shop": replace(TIER, restarts_in_place=True)}), "restarts")

    assert metrics_of(alarm) == {"DesiredTaskCount", "RunningTaskCount", "DeploymentCount", "RestartCount"}
    assert alarm["AlarmDescription"] == (
        "warning: Shop: tasks stopped and were missing, or containers stopped and were started again, "
        "in 5 of 15 minutes, without a deployment"
    )


def test_memory_is_that_of_the_task_with_most(stack: cdk.Stack, make: MakeAlarms) -> None:
    assert only(stack, make(), "high_memory")["Statistic"] == "Maximum"


def test_each_severity_has_its_topics_when_it_begins_and_when_it_ends(stack: cdk.Stack, make: MakeAlarms) -> None:
    pager, mail = sns.Topic(stack, "Pager"), sns.Topic(stack, "Mail")
    alarms = make(topics={"critical": [pager], "warning": [mail]})
    critical = {"failed_responses", "no_running_task", "oldest_message_age", "no_consumer", "blocked"}

    for name in EVERY:
        alarm = only(stack, alarms, name)
        told = [stack.resolve((pager if name in critical else mail).topic_arn)]
        assert alarm["AlarmActions"] == alarm["OKActions"] == told, name


def test_a_severity_can_be_moved(stack: cdk.Stack, make: MakeAlarms) -> None:
    pager = sns.Topic(stack, "Pager")
    alarms = make(topics={"critical": [pager], "warning": []}, severities={"dead_letters": "critical"})

    assert only(stack, alarms, "dead_letters")["AlarmActions"] == [stack.resolve(pager.topic_arn)]


def test_a_severity_with_no_topics_tells_nobody(stack: cdk.Stack, make: MakeAlarms) -> None:
    make()

    for alarm in resources(stack, "AWS::CloudWatch::Alarm"):
        assert "AlarmActions" not in alarm["Properties"]


def test_the_description_says_what_is_wrong_and_where(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container
) -> None:
    served = replace(container, port=8000, health_check=HEALTHY)
    app = AppServer(stack, "App", cluster=cluster, container=served, dns_name="app")

    alarms = Alarms(stack, "Alarms", tiers={"Api": app.metrics}, topics={"critical": [], "warning": []})

    description = only(stack, alarms, "no_running_task", "Api")["AlarmDescription"]
    assert description == "critical: Api (Stack/App): no task has run for 5 minutes"


def test_tiers_of_another_stack_can_be_watched(stack: cdk.Stack, cluster: ecs.Cluster, container: Container) -> None:
    served = replace(container, port=8000, health_check=HEALTHY)
    app = AppServer(stack, "App", cluster=cluster, container=served, dns_name="app")
    app_of_both = stack.node.root
    assert isinstance(app_of_both, cdk.App)
    operations = cdk.Stack(app_of_both, "Operations")

    Alarms(operations, "Alarms", tiers={"Api": app.metrics}, topics={"critical": [], "warning": []})

    Template.from_stack(operations).resource_count_is("AWS::CloudWatch::Alarm", 6)
    assert [one.stack_name for one in operations.dependencies] == ["Stack"]
    assert list(stack.dependencies) == []


def test_a_broker_without_tasks_has_the_alarms_of_a_broker_alone(stack: cdk.Stack, make: MakeAlarms) -> None:
    alarms = make(tiers={"Broker": BROKER})

    assert [alarm.node.id for alarm in alarms.alarms] == ["Blocked", "MissingNodes", "Unmeasured"]
    assert only(stack, alarms, "blocked", "Broker")["AlarmDescription"].startswith("critical: Broker (Shop/Broker): ")


def test_no_node_is_missed_where_none_is_known(make: MakeAlarms) -> None:
    alarms = make(tiers={"Broker": replace(BROKER, nodes=())})

    assert [alarm.node.id for alarm in alarms.alarms] == ["Blocked", "Unmeasured"]


def test_a_node_that_nothing_measures_is_missing(stack: cdk.Stack, make: MakeAlarms) -> None:
    alarm = only(stack, make(), "missing_nodes")

    [expression] = [one["Expression"] for one in alarm["Metrics"] if "Expression" in one]
    assert expression == "2 - FILL(node0, 0) - FILL(node1, 0)"


def test_messages_that_nobody_takes_are_told_of_also_where_nothing_counts_consumers(
    stack: cdk.Stack, make: MakeAlarms
) -> None:
    alarm = only(stack, make(), "no_consumer")

    [expression] = [one["Expression"] for one in alarm["Metrics"] if "Expression" in one]
    assert expression == "IF(waiting > 0 AND FILL(consumers, 0) < 1, 1, 0)"


def test_a_broker_that_tells_anything_is_measured(stack: cdk.Stack, make: MakeAlarms) -> None:
    alarm = only(stack, make(), "unmeasured")

    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 0)


@pytest.mark.parametrize("name", ["no_consumer", "blocked", "missing_nodes", "unmeasured"])
def test_the_time_of_an_alarm_on_a_broker_can_be_moved(stack: cdk.Stack, make: MakeAlarms, name: AlarmName) -> None:
    longer: Any = {name: timedelta(minutes=30)}

    assert only(stack, make(thresholds=AlarmThresholds(**longer)), name)["EvaluationPeriods"] == 30
