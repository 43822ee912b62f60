"""Tests of arguments of another kind: each argument of each public class refuses them, in words that name it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from types import FunctionType
from typing import Any, get_type_hints

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_efs as efs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

import ecs_workloads
from ecs_workloads import (
    Alarms,
    AppServer,
    CapacityShare,
    Container,
    ContainerCluster,
    ExtensibleTask,
    Scaling,
    SqsQueue,
    TargetCpu,
    TierMetrics,
    WebFirewall,
    Worker,
)
from ecs_workloads._kinds import EXAMPLES, kind_of
from tests.templates import HEALTHY

IMAGE = ecs.ContainerImage.from_registry("example.com/shop:1.0.0")
TIER = TierMetrics(cluster_name="shop", service_name="web", min_capacity=1)
INTERFACES: tuple[Any, ...] = (
    acm.ICertificate,
    cloudwatch.IAlarm,
    cloudwatch.IMetric,
    ec2.IConnectable,
    ec2.IPeer,
    ec2.ISecurityGroup,
    ec2.IVpc,
    ecs.ICluster,
    efs.IAccessPoint,
    elbv2.IApplicationListener,
    iam.IGrantable,
    kms.IKey,
    logs.ILogGroup,
    s3.IBucket,
    secretsmanager.ISecret,
    sns.ITopic,
    sqs.IQueue,
)
PUBLIC: Mapping[str, Any] = {name: getattr(ecs_workloads, name) for name in ecs_workloads.__all__}

_Function = Callable[..., object]


def _functions(cls: type) -> Iterator[_Function]:
    """Return what takes arguments in a class: ``__init__``, where it has one of its own, and public methods."""
    for name, member in vars(cls).items():
        function = member.__func__ if isinstance(member, staticmethod) else member
        if isinstance(function, FunctionType) and (name == "__init__" or not name.startswith("_")):
            yield function


def _arguments() -> Iterator[Any]:
    for owner in PUBLIC.values():
        if getattr(owner, "_is_protocol", False):
            continue
        for function in _functions(owner):
            for name, annotation in get_type_hints(function).items():
                argument = f"{owner.__name__}.{function.__name__}, {name}"
                if name != "return":
                    yield pytest.param(owner, function, name, str(annotation), id=argument)


ARGUMENTS = list(_arguments())


def _wrong(annotation: str) -> Iterator[object]:
    """Return what no argument of that annotation may be, read from its text alone."""
    words = set(re.findall(r"\w+", annotation))
    yield b"bytes"
    yield Container
    if "bool" not in words:
        yield True
    if not words & {"None", "NoneType"}:
        yield None
    if not words & {"str", "Literal"}:
        yield "text"
    if not words & {"int", "float"}:
        yield -3
    if "timedelta" not in words:
        yield timedelta(minutes=1)
    if "Sequence" in words and "Mapping" not in words:
        yield [b"bytes"]
    if "Mapping" in words:
        yield {"Name": b"bytes"}
        yield {1: "Name"}


@pytest.fixture(scope="module")
def made() -> Construct:
    """Return a construct that stands for any that a method belongs to."""
    return Construct(cdk.Stack(cdk.App(), "Stack"), "Made")


@pytest.mark.parametrize(("owner", "function", "name", "annotation"), ARGUMENTS)
def test_every_argument_refuses_another_kind(
    made: Construct, owner: Any, function: _Function, name: str, annotation: str
) -> None:
    is_construct = issubclass(owner, Construct)
    given: dict[str, object] = {"scope": made, "construct_id": "New"} if is_construct else {}
    # Nothing else needs to be given: a kind is looked at before what is missing.
    parameters = inspect.signature(function).parameters
    given = {one: value for one, value in given.items() if one in parameters}
    if "self" in parameters:
        given["self"] = made if is_construct else owner.__new__(owner)
    for wrong in _wrong(annotation):
        with pytest.raises(TypeError) as refusal:
            function(**{**given, name: wrong})

        subject = rf"(Stack/Made(/New)?|{owner.__name__}( '\w+')?)(, {function.__name__})?"
        assert re.match(rf"{subject}: (a key of )?{name}(\[.+\])? must be .+, got ", str(refusal.value))
    assert not made.node.children


def test_the_arguments_are_found_wherever_they_stand() -> None:
    found = {str(one.id) for one in ARGUMENTS}
    assert {
        "Worker.__init__, suspended",
        "Scaling.__init__, policies",
        "SqsQueue.from_queue, queue",
        "RabbitMqBroker.queue, name",
        "ExtensibleTask.add_container, user",
    } <= found


def _alarms(at: Construct, **arguments: Any) -> Alarms:
    defaults: dict[str, Any] = {"tiers": {"Web": TIER}, "topics": {"critical": [], "warning": []}}
    return Alarms(at, "Alarms", **{**defaults, **arguments})


# The library as it is to callers that no type checker helps.
UNTYPED: Any = ecs_workloads
_FALSE: Any = "false"
_TEXT: Any = "64"


WORDS: tuple[tuple[str, Callable[[Construct], object]], ...] = (
    (
        (
            "Stack/Web: certificate must be an acm.ICertificate, such as acm.Certificate.from_certificate_arn(...)"
            ", got 'arn:aws:acm'"
        ),
        lambda at: UNTYPED.WebServer(at, "Web", certificate="arn:aws:acm"),
    ),
    (
        "Stack/Web: listener_rule must be a ListenerRule, got <aws_cdk.",
        lambda at: UNTYPED.WebServer(at, "Web", listener_rule=ecs.CfnCluster(at, "Other")),
    ),
    (
        "Stack/Web: health_check_path must be a string, got None",
        lambda at: UNTYPED.WebServer(at, "Web", health_check_path=None),
    ),
    (
        (
            "Stack/Web: protocol must be an elbv2.ApplicationProtocol, such as elbv2.ApplicationProtocol.HTTPS, "
            "got <Protocol.TCP: 'TCP'>"
        ),
        lambda at: UNTYPED.WebServer(at, "Web", protocol=elbv2.Protocol.TCP),
    ),
    (
        "Stack/Web: sources must be a list of ec2.IPeer, such as ec2.Peer.ipv4('10.0.0.0/8'), got '10.0.0.0/8'",
        lambda at: UNTYPED.WebServer(at, "Web", sources="10.0.0.0/8"),
    ),
    (
        "Stack/Web: sources[1] must be an ec2.IPeer, such as ec2.Peer.ipv4('10.0.0.0/8'), got '::/0'",
        lambda at: UNTYPED.WebServer(at, "Web", sources=[ec2.Peer.any_ipv4(), "::/0"]),
    ),
    (
        "Stack/Worker: container must be a Container, such as Container(image=...), got <aws_cdk.",
        lambda at: UNTYPED.Worker(at, "Worker", container=IMAGE),
    ),
    (
        "Stack/Worker: queue must be a MessageQueue, such as SqsQueue(...) or SqsQueue.from_queue(...), got <",
        lambda at: UNTYPED.Worker(at, "Worker", queue=sqs.Queue(at, "Raw")),
    ),
    (
        "Stack/Worker: cluster must be an ecs.ICluster: say cluster=....cluster, got <ecs_workloads.",
        lambda at: UNTYPED.Worker(at, "Worker", cluster=ContainerCluster(at, "Cluster", vpc=ec2.Vpc(at, "Vpc"))),
    ),
    (
        (
            "Stack/Worker: capacity must be a list of CapacityShare, such as CapacityShare.fargate_spot(), "
            "got CapacityShare("
        ),
        lambda at: UNTYPED.Worker(at, "Worker", capacity=CapacityShare.fargate()),
    ),
    (
        "SqsQueue: queue must be an sqs.IQueue: say queue=....queue, got <ecs_workloads.",
        lambda at: UNTYPED.SqsQueue.from_queue(SqsQueue(at, "Queue", longest_processing_time=timedelta(minutes=1))),
    ),
    (
        "Stack/Dashboard: alarms must be a list of cloudwatch.IAlarm: say alarms=....alarms, got <ecs_workloads.",
        lambda at: UNTYPED.Dashboard(at, "Dashboard", alarms=_alarms(at)),
    ),
    (
        "Stack/Alarms: tiers must be a dict of TierMetrics or BrokerMetrics, such as Worker(...).metrics, got [",
        lambda at: _alarms(at, tiers=[TIER]),
    ),
    (
        "Stack/Alarms: tiers['Web'] must be a TierMetrics or a BrokerMetrics, such as Worker(...).metrics, got 'w'",
        lambda at: _alarms(at, tiers={"Web": "w"}),
    ),
    (
        "Stack/Alarms: a key of tiers must be a string, got 1",
        lambda at: _alarms(at, tiers={1: TIER}),
    ),
    (
        (
            "Stack/Alarms: topics['critical'] must be a list of sns.ITopic or sns.Topic, "
            "such as sns.Topic.from_topic_arn(...), got <aws_cdk."
        ),
        lambda at: _alarms(at, topics={"critical": sns.Topic(at, "Topic"), "warning": []}),
    ),
    (
        (
            "Stack/Alarms: topics['critical'][0] must be an sns.ITopic or an sns.Topic, "
            "such as sns.Topic.from_topic_arn(...), got 'arn'"
        ),
        lambda at: _alarms(at, topics={"critical": ["arn"], "warning": []}),
    ),
    (
        "AlarmThresholds: oldest_message_age must be a datetime.timedelta or 'by_latency', got 600",
        lambda _: UNTYPED.AlarmThresholds(oldest_message_age=600),
    ),
    (
        "AlarmThresholds: unhealthy_hosts must be a whole number, got 1.5",
        lambda _: UNTYPED.AlarmThresholds(unhealthy_hosts=1.5),
    ),
    (
        "AlarmThresholds: dead_letters must be a whole number, got True",
        lambda _: UNTYPED.AlarmThresholds(dead_letters=True),
    ),
    ("AlarmThresholds: high_cpu must be a number, got '90'", lambda _: UNTYPED.AlarmThresholds(high_cpu="90")),
    (
        "AlarmThresholds: restarts must be a whole number, got -1.5",
        lambda _: UNTYPED.AlarmThresholds(restarts=-1.5),
    ),
    ("Scaling: zone_redundant must be True or False, got 1", lambda _: UNTYPED.Scaling(zone_redundant=1)),
    ("Container: command[1] must be a string, got 3", lambda _: UNTYPED.Container(image=IMAGE, command=["a", 3])),
    (
        "Container: environment['A'] must be a string, got 3",
        lambda _: UNTYPED.Container(image=IMAGE, environment={"A": 3}),
    ),
    (
        "WebFirewall: counted_rules must be a dict of lists of strings, got ['a']",
        lambda _: UNTYPED.WebFirewall(counted_rules=["a"]),
    ),
    (
        "Scheduled 'Night': schedule must be a string, got None",
        lambda _: UNTYPED.Scheduled(name="Night", schedule=None),
    ),
    (
        "RequestMetrics, metric_response_time: statistic must be a string, got 99",
        lambda _: UNTYPED.RequestMetrics(load_balancer_full_name="a", target_group_full_name="b").metric_response_time(
            99
        ),
    ),
    ("Worker: scope must be a Construct, got 'Stack'", lambda _: UNTYPED.Worker("Stack", "Worker")),
    ("Worker: construct_id must be a string, got 3", lambda at: UNTYPED.Worker(at, 3)),
)


@pytest.mark.parametrize(("message", "call"), WORDS)
def test_the_words_name_the_argument_and_what_it_must_be(
    stack: cdk.Stack, message: str, call: Callable[[Construct], object]
) -> None:
    with pytest.raises(TypeError) as refusal:
        call(stack)

    assert str(refusal.value).startswith(message)


def test_what_is_at_the_root_has_a_path_without_a_parent() -> None:
    with pytest.raises(TypeError, match=r"^Queue: fifo must be True or False, got 'false'$"):
        SqsQueue(cdk.App(), "Queue", longest_processing_time=timedelta(minutes=1), fifo=_FALSE)


def test_a_sidecar_is_told_of_which_tier_its_container_is_refused(stack: cdk.Stack, cluster: ecs.Cluster) -> None:
    class Agent:
        def bind(self, task: ExtensibleTask) -> None:
            task.add_container("agent", image=IMAGE, user="agent", memory_limit_mib=_TEXT)

    with pytest.raises(
        TypeError, match="^Stack/App, add_container: memory_limit_mib must be a whole number, got '64'$"
    ):
        _app(stack, cluster, sidecars=[Agent()])


@pytest.mark.parametrize(("name", "example"), EXAMPLES.items())
def test_examples_are_what_they_are_examples_of(name: str, example: str) -> None:
    names = {**globals(), **PUBLIC, "RemovalPolicy": cdk.RemovalPolicy}
    wanted = kind_of(eval(name, names))  # noqa: S307 - a table of the library
    for one in example.split(" or "):
        path = re.sub(r"\(.*?\)", "", one)
        eval(path, names)  # noqa: S307
    assert wanted.example == example


@pytest.mark.parametrize("interface", INTERFACES, ids=lambda one: one.__name__)
def test_every_class_of_aws_cdk_that_implements_an_interface_may_stand_for_it(interface: Any) -> None:
    """Told by their members, so that none needs to be asked in Node."""
    classes = [one for one in vars(inspect.getmodule(interface)).values() if isinstance(one, type)]
    implementing = [
        one for one in classes if any(interface in face.__mro__ for face in vars(one).get("__jsii_ifaces__", ()))
    ]
    assert implementing
    assert [one for one in implementing if not kind_of(interface).is_met_by(one)] == []
    assert not kind_of(interface).is_met_by(ecs.CfnService)
    assert not kind_of(interface).is_met_by(TierMetrics)


def test_the_interfaces_are_those_that_arguments_ask_for() -> None:
    asked = {name for one in ARGUMENTS for name in re.findall(r"aws_cdk\.\w+\.I[A-Z]\w+", str(one.values[3]))}
    assert asked == {f"{one.__module__}.{one.__name__}" for one in INTERFACES}


@jsii.implements(ec2.IConnectable)
class Peer:
    """A peer of somebody who implements the interface of aws_cdk, with an attribute that is no property."""

    def __init__(self, group: ec2.ISecurityGroup) -> None:
        self.connections = ec2.Connections(security_groups=[group])


def test_what_outsiders_make_is_taken(stack: cdk.Stack, cluster: ecs.Cluster) -> None:
    group = ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-1")

    class Policy:
        def __init__(self) -> None:
            self.bind = self._bind

        def _bind(self, service: object) -> None:
            pass

    app = _app(stack, cluster, scaling=Scaling(min_capacity=2, max_capacity=4, policies=[Policy()]))
    app.allow_from(Peer(group))


def test_lists_that_only_the_deployment_knows_are_taken(stack: cdk.Stack) -> None:
    words = cdk.Fn.split(",", cdk.CfnParameter(stack, "Words").value_as_string)

    assert Container(image=IMAGE, command=words).command == words


def test_a_user_sees_the_arguments_as_they_are_written() -> None:
    parameters = inspect.signature(Worker.__init__).parameters
    assert list(parameters)[:4] == ["self", "scope", "construct_id", "cluster"]
    assert inspect.signature(Scaling).parameters["max_capacity"].default == 1


def _app(stack: cdk.Stack, cluster: ecs.Cluster, **arguments: Any) -> AppServer:
    container = Container(image=IMAGE, port=80, health_check=HEALTHY)
    return AppServer(stack, "App", cluster=cluster, container=container, dns_name="app", **arguments)


@pytest.mark.parametrize("port", [True, "80", 80.0])
def test_a_whole_number_is_no_truth_value_and_no_text(port: Any) -> None:
    with pytest.raises(TypeError, match="Container: port must be a whole number, got"):
        Container(image=IMAGE, port=port)


@pytest.mark.parametrize("policies", [["cpu"], TargetCpu(), [TargetCpu], 3])
def test_policies_are_a_list_of_what_can_be_bound(policies: Any) -> None:
    with pytest.raises(
        TypeError, match=r"Scaling: policies(\[0\])? must be a .*ScalingPolicy, such as TargetCpu\(\), got"
    ):
        Scaling(max_capacity=2, policies=policies)


@pytest.mark.parametrize("values", [("NET_ADMIN",), ["a", "b"], []])
def test_any_sequence_is_a_list(values: Sequence[str]) -> None:
    assert Container(image=IMAGE, command=values).command == values


def test_what_is_imported_is_taken(stack: cdk.Stack, cluster: ecs.Cluster) -> None:
    AppServer(
        stack,
        "App",
        cluster=cluster,
        container=Container(image=IMAGE, port=80, health_check=HEALTHY),
        dns_name="app",
        security_groups=[ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-1")],
        deployment_alarms=[
            cloudwatch.Alarm.from_alarm_arn(stack, "Alarm", "arn:aws:cloudwatch:eu-west-1:111111111111:alarm:a")
        ],
    )


@pytest.mark.parametrize(
    ("rule", "meant"),
    [
        ("SizeRestrictions_BODI", "SizeRestrictions_BODY"),
        ("sizerestrictions_body", "SizeRestrictions_BODY"),
        ("NoUserAgent_HEADERS", "NoUserAgent_HEADER"),
        ("Log4jRCE_BODY", "Log4JRCE_BODY"),
    ],
)
def test_a_misspelt_rule_of_the_firewall_is_named(rule: str, meant: str) -> None:
    with pytest.raises(ValueError, match=f"counted_rules names no rule '{rule}' .did you mean '{meant}'?"):
        WebFirewall(counted_rules={"AWSManagedRulesCommonRuleSet": [rule]})


@pytest.mark.parametrize(
    "rule",
    ["SizeRestrictions_Cookie_HEADER", "GenericRFI_COOKIE", "CrossSiteScripting_HEADER", "EC2MetaDataSSRF_HEADER"],
)
def test_a_rule_that_aws_has_or_may_add_is_taken(rule: str) -> None:
    WebFirewall(counted_rules={"AWSManagedRulesCommonRuleSet": [rule]})


KEPT = [name for name, cls in PUBLIC.items() if "removal_policy" in inspect.signature(cls.__init__).parameters]


@pytest.mark.parametrize("name", KEPT)
def test_no_class_takes_snapshots(stack: cdk.Stack, name: str) -> None:
    with pytest.raises(ValueError, match="^Stack/Any: removal_policy must be .* got SNAPSHOT"):
        PUBLIC[name](stack, "Any", removal_policy=cdk.RemovalPolicy.SNAPSHOT)
