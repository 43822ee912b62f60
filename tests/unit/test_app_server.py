"""Tests of `AppServer`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_servicediscovery as servicediscovery
from aws_cdk.assertions import Template

from ecs_workloads import (
    Alarms,
    AppServer,
    Container,
    Domain,
    InternalLoadBalancer,
    RequestsPerTarget,
    Scaling,
    ServiceConnectMetrics,
    SqsQueue,
    Worker,
)
from tests.templates import HEALTHY, ingress, main_container, properties, resources, statements

AUTHORITY = "arn:aws:acm-pca:eu-west-1:111111111111:certificate-authority/12345678-1234-1234-1234-123456789012"
MakeApp = Callable[..., AppServer]


@pytest.fixture
def make(stack: cdk.Stack, cluster: ecs.Cluster, container: Container) -> MakeApp:
    def app_server(construct_id: str = "App", **arguments: Any) -> AppServer:
        defaults: dict[str, Any] = {"container": replace(container, port=8000, health_check=HEALTHY), "dns_name": "app"}
        return AppServer(stack, construct_id, cluster=cluster, **{**defaults, **arguments})

    return app_server


def logical_id(stack: cdk.Stack, service: ecs.FargateService) -> str:
    child = service.node.find_child("Service")
    assert isinstance(child, ecs.CfnService)
    return str(stack.resolve(child.logical_id))


def waits_for(stack: cdk.Stack, service: ecs.FargateService) -> list[str]:
    service_resource = Template.from_stack(stack).to_json()["Resources"][logical_id(stack, service)]
    depends_on = service_resource.get("DependsOn", [])
    return [depends_on] if isinstance(depends_on, str) else list(depends_on)


def test_other_tiers_call_it_by_name(stack: cdk.Stack, make: MakeApp) -> None:
    app = make(longest_request=timedelta(seconds=45))

    connect = properties(stack, "AWS::ECS::Service")["ServiceConnectConfiguration"]
    assert app.url == "http://app:8000"
    assert connect["Services"] == [
        {
            "ClientAliases": [{"DnsName": "app", "Port": 8000}],
            "DiscoveryName": "app",
            "PortName": "main",
            "Timeout": {"PerRequestTimeoutSeconds": 45},
        }
    ]
    assert main_container(stack)["PortMappings"][0]["AppProtocol"] == "http"
    assert main_container(stack)["StopTimeout"] == 55


def test_the_namespace_can_list_it_under_another_name_than_callers_use(stack: cdk.Stack, make: MakeApp) -> None:
    app = make(discovery_name="shop-test-app")

    [published] = properties(stack, "AWS::ECS::Service")["ServiceConnectConfiguration"]["Services"]
    assert published["DiscoveryName"] == "shop-test-app"
    assert published["ClientAliases"] == [{"DnsName": "app", "Port": 8000}]
    assert isinstance(app.metrics.requests, ServiceConnectMetrics)
    assert app.metrics.requests.discovery_name == "shop-test-app"


def test_no_tier_is_called_as_another_is_listed(make: MakeApp) -> None:
    make(discovery_name="shop-app")

    with pytest.raises(ValueError, match="Stack/App already bears discovery_name='shop-app'"):
        make("Other", dns_name="shop-app")


@pytest.mark.parametrize("known", ["namespace_arn", "namespace_id"])
def test_stacks_that_import_one_cluster_share_its_names(known: str) -> None:
    app = cdk.App()

    def tier(name: str, place: str) -> None:
        stack = cdk.Stack(app, name)
        unknown = cdk.CfnParameter(stack, "Unknown").value_as_string
        attributes = {"namespace_arn": unknown, "namespace_id": unknown, known: place}
        namespace = servicediscovery.PrivateDnsNamespace.from_private_dns_namespace_attributes(
            stack, "Namespace", namespace_name="internal", **attributes
        )
        cluster = ecs.Cluster.from_cluster_attributes(
            stack, "Cluster", cluster_name="c", vpc=ec2.Vpc(stack, "Vpc"), default_cloud_map_namespace=namespace
        )
        container = replace(_image(), port=8000, health_check=HEALTHY)
        AppServer(stack, "App", cluster=cluster, container=container, dns_name="app")

    arn = "arn:aws:servicediscovery:eu-west-1:111111111111:namespace/ns-"
    tier("First", f"{arn}1")
    tier("Second", f"{arn}2")
    with pytest.raises(ValueError, match="Third/App: First/App already bears dns_name='app'"):
        tier("Third", f"{arn}1")


def test_a_request_may_take_thirty_seconds_unless_told(stack: cdk.Stack, make: MakeApp) -> None:
    make()

    [published] = properties(stack, "AWS::ECS::Service")["ServiceConnectConfiguration"]["Services"]
    assert published["Timeout"] == {"PerRequestTimeoutSeconds": 30}
    assert main_container(stack)["StopTimeout"] == 40


def test_an_alarm_of_the_user_rolls_a_deployment_back(stack: cdk.Stack, make: MakeApp) -> None:
    arn = "arn:aws:cloudwatch:eu-west-1:111111111111:alarm:orders"
    make(deployment_alarms=[cloudwatch.Alarm.from_alarm_arn(stack, "Orders", arn)])

    assert properties(stack, "AWS::ECS::Service")["DeploymentConfiguration"]["Alarms"]["AlarmNames"] == ["orders"]


def test_it_can_be_suspended(stack: cdk.Stack, make: MakeApp) -> None:
    make(suspended=True)

    assert properties(stack, "AWS::ECS::Service")["DesiredCount"] == 0
    assert properties(stack, "AWS::ApplicationAutoScaling::ScalableTarget")["MaxCapacity"] == 0


def test_by_default_two_to_four_tasks_scale_on_cpu(stack: cdk.Stack, make: MakeApp) -> None:
    make()

    target = properties(stack, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 4)
    assert "ECSServiceAverageCPUUtilization" in str(properties(stack, "AWS::ApplicationAutoScaling::ScalingPolicy"))


def test_the_namespace_is_named_by_its_arn(stack: cdk.Stack, make: MakeApp) -> None:
    make()

    namespace = properties(stack, "AWS::ECS::Service")["ServiceConnectConfiguration"]["Namespace"]
    assert namespace["Fn::GetAtt"][1] == "Arn"


def test_nobody_can_call_it_until_allowed(stack: cdk.Stack, make: MakeApp) -> None:
    make()

    assert ingress(stack) == []


def test_an_allowed_peer_can_call_its_port_alone(stack: cdk.Stack, make: MakeApp) -> None:
    make().allow_from(make("Caller", dns_name="caller", container=replace(_image(), port=9000, health_check=HEALTHY)))

    assert [(rule["FromPort"], rule["ToPort"]) for rule in ingress(stack)] == [(8000, 8000)]


def test_a_caller_is_deployed_after_what_it_calls(stack: cdk.Stack, make: MakeApp) -> None:
    app, caller = make(), make("Caller", dns_name="caller")
    app.allow_from(caller)

    assert logical_id(stack, app.service) in waits_for(stack, caller.service)


def test_app_servers_that_call_each_other_in_a_circle_synthesise(stack: cdk.Stack, make: MakeApp) -> None:
    first, second, third = make("First", dns_name="a"), make("Second", dns_name="b"), make("Third", dns_name="c")
    second.allow_from(first)
    third.allow_from(second)
    first.allow_from(third)
    first.allow_from(first)

    assert len(ingress(stack)) == 4
    assert logical_id(stack, second.service) in waits_for(stack, first.service)
    assert logical_id(stack, first.service) not in waits_for(stack, third.service)


def test_a_caller_in_a_nested_stack_is_deployed_with_all_of_it_after_the_app_server(
    stack: cdk.Stack, cluster: ecs.Cluster, make: MakeApp
) -> None:
    app, inner = make(), cdk.NestedStack(stack, "Inner")
    app.allow_from(_nested(inner, cluster, "caller"))

    [nested] = resources(stack, "AWS::CloudFormation::Stack")
    assert nested["DependsOn"] == [logical_id(stack, app.service)]


def test_a_caller_is_deployed_after_the_nested_stack_of_the_app_server(
    stack: cdk.Stack, cluster: ecs.Cluster, make: MakeApp
) -> None:
    caller, outer = make(), cdk.NestedStack(stack, "Outer")
    _nested(cdk.NestedStack(outer, "Inner"), cluster, "called").allow_from(caller)

    [nested] = Template.from_stack(stack).find_resources("AWS::CloudFormation::Stack")
    assert nested in waits_for(stack, caller.service)


def test_nested_stacks_beside_each_other_are_deployed_in_order(stack: cdk.Stack, cluster: ecs.Cluster) -> None:
    first, second = (_nested(cdk.NestedStack(stack, name), cluster, name.lower()) for name in ("First", "Second"))
    first.allow_from(second)

    found = Template.from_stack(stack).find_resources("AWS::CloudFormation::Stack")
    assert {name[:5]: [other[:5] for other in nested.get("DependsOn", [])] for name, nested in found.items()} == {
        "First": [],
        "Secon": ["First"],
    }


def test_a_nested_stack_that_calls_and_is_called_makes_no_circle(
    stack: cdk.Stack, cluster: ecs.Cluster, make: MakeApp
) -> None:
    app, inner = make(), cdk.NestedStack(stack, "Inner")
    app.allow_from(_nested(inner, cluster, "caller"))
    called = _nested(inner, cluster, "called")
    called.allow_from(app)

    [(name, nested)] = Template.from_stack(stack).find_resources("AWS::CloudFormation::Stack").items()
    assert nested["DependsOn"] == [logical_id(stack, app.service)]
    assert name not in waits_for(stack, app.service)


def _nested(scope: cdk.NestedStack, cluster: ecs.Cluster, name: str) -> AppServer:
    container = replace(_image(), port=8000, health_check=HEALTHY)
    return AppServer(scope, name.capitalize(), cluster=cluster, container=container, dns_name=name)


def test_app_servers_behind_load_balancers_may_call_each_other(stack: cdk.Stack, make: MakeApp) -> None:
    first, second = (
        make(name, dns_name=None, internal_load_balancer=InternalLoadBalancer()) for name in ("First", "Second")
    )
    third = make("Third")
    for called, caller in ((first, second), (second, first), (first, third), (third, first)):
        called.allow_from(caller)

    assert logical_id(stack, third.service) in waits_for(stack, first.service)
    assert logical_id(stack, first.service) not in waits_for(stack, second.service)
    assert logical_id(stack, first.service) not in waits_for(stack, third.service)


def test_a_peer_that_is_no_service_may_call(stack: cdk.Stack, make: MakeApp) -> None:
    make().allow_from(ec2.Connections(security_groups=[ec2.SecurityGroup.from_security_group_id(stack, "G", "sg-1")]))

    assert [rule["SourceSecurityGroupId"] for rule in ingress(stack)] == ["sg-1"]


def test_a_worker_may_call(stack: cdk.Stack, cluster: ecs.Cluster, container: Container, make: MakeApp) -> None:
    app = make()
    queue = SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=1))
    worker = Worker(stack, "Worker", cluster=cluster, container=container, queue=queue, scaling=Scaling())
    app.allow_from(worker)

    assert logical_id(stack, app.service) in waits_for(stack, worker.service)


def test_a_user_s_prefix_must_be_free(stack: cdk.Stack, make: MakeApp) -> None:
    queue = SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=1))
    app = make()
    app.send_to(queue, prefix="ORDERS")

    with pytest.raises(
        ValueError, match="Stack/App: environment variable 'ORDERS_URL' is already set; choose another than prefix="
    ):
        app.send_to(queue, prefix="ORDERS")


def _image() -> Container:
    return Container(image=ecs.ContainerImage.from_registry("example.com/app:1"))


def test_calls_can_be_logged(stack: cdk.Stack, make: MakeApp) -> None:
    make(access_logs=True)

    connect = properties(stack, "AWS::ECS::Service")["ServiceConnectConfiguration"]
    assert connect["AccessLogConfiguration"]["Format"] == "JSON"


def test_calls_are_not_logged_unless_wanted(stack: cdk.Stack, make: MakeApp) -> None:
    make()

    assert "AccessLogConfiguration" not in properties(stack, "AWS::ECS::Service")["ServiceConnectConfiguration"]


def test_a_program_may_speak_grpc(stack: cdk.Stack, make: MakeApp) -> None:
    make(app_protocol=ecs.AppProtocol("grpc"))

    assert main_container(stack)["PortMappings"][0]["AppProtocol"] == "grpc"


def test_proxies_can_speak_tls(stack: cdk.Stack, make: MakeApp) -> None:
    make(certificate_authority_arn=AUTHORITY, encryption_key=kms.Key(stack, "Key"))

    [service] = properties(stack, "AWS::ECS::Service")["ServiceConnectConfiguration"]["Services"]
    [role] = [one for one in resources(stack, "AWS::IAM::Role") if "TransportLayerSecurity" in str(one)]
    about_key = [one for one in statements(stack) if "kms:GenerateDataKeyPair" in one["Action"]]
    assert service["Tls"]["IssuerCertificateAuthority"] == {"AwsPcaAuthorityArn": AUTHORITY}
    assert {"KmsKey", "RoleArn"} < set(service["Tls"])
    assert role["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {
        "Service": "ecs.amazonaws.com"
    }
    assert len(about_key) == 1


def test_a_load_balancer_inside_the_vpc_takes_the_place_of_the_name(stack: cdk.Stack, make: MakeApp) -> None:
    app = make(dns_name=None, internal_load_balancer=InternalLoadBalancer(health_check_path="/healthz"))

    balancer = properties(stack, "AWS::ElasticLoadBalancingV2::LoadBalancer")
    group = properties(stack, "AWS::ElasticLoadBalancingV2::TargetGroup")
    listener = properties(stack, "AWS::ElasticLoadBalancingV2::Listener")
    service = properties(stack, "AWS::ECS::Service")
    assert app.url == f"http://{app.load_balancer.load_balancer_dns_name}"
    assert balancer["Scheme"] == "internal"
    assert {"Key": "deletion_protection.enabled", "Value": "true"} in balancer["LoadBalancerAttributes"]
    assert (listener["Port"], listener["Protocol"]) == (80, "HTTP")
    assert group["HealthCheckPath"] == "/healthz"
    assert service["LoadBalancers"][0]["ContainerPort"] == 8000
    assert service["HealthCheckGracePeriodSeconds"] == 80
    assert "Services" not in service["ServiceConnectConfiguration"]


def test_behind_a_load_balancer_no_name_need_be_said(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container
) -> None:
    container = replace(container, port=8000)
    AppServer(stack, "App", cluster=cluster, container=container, internal_load_balancer=InternalLoadBalancer())

    assert "Services" not in properties(stack, "AWS::ECS::Service")["ServiceConnectConfiguration"]


def test_behind_a_load_balancer_it_scales_by_requests(stack: cdk.Stack, make: MakeApp) -> None:
    make(
        dns_name=None,
        internal_load_balancer=InternalLoadBalancer(),
        scaling=Scaling(min_capacity=2, max_capacity=8, policies=(RequestsPerTarget(requests_per_minute=600),)),
    )

    policy = properties(stack, "AWS::ApplicationAutoScaling::ScalingPolicy")
    assert "ALBRequestCountPerTarget" in str(policy)


def test_behind_a_load_balancer_its_answers_can_be_watched(stack: cdk.Stack, make: MakeApp) -> None:
    app = make(dns_name=None, internal_load_balancer=InternalLoadBalancer())
    Alarms(stack, "Alarms", tiers={"App": app.metrics}, topics={"critical": [], "warning": []})

    alarms = str(resources(stack, "AWS::CloudWatch::Alarm"))
    assert "UnHealthyHostCount" in alarms
    assert "HTTPCode_Target_5XX_Count" in alarms


def test_behind_a_load_balancer_no_check_of_the_container_is_needed(
    stack: cdk.Stack, make: MakeApp, container: Container
) -> None:
    make(container=replace(container, port=8000), dns_name=None, internal_load_balancer=InternalLoadBalancer())

    assert "HealthCheck" not in main_container(stack)


def test_a_load_balancer_inside_the_vpc_has_a_name_and_a_certificate(stack: cdk.Stack, make: MakeApp) -> None:
    app = make(
        dns_name=None,
        internal_load_balancer=InternalLoadBalancer(
            domain=Domain(domain_name="api.internal.example", hosted_zone_id="Z1", zone_name="internal.example"),
            certificate=acm.Certificate.from_certificate_arn(
                stack, "Certificate", "arn:aws:acm:eu-west-1:1:certificate/a"
            ),
        ),
    )

    listener = properties(stack, "AWS::ElasticLoadBalancingV2::Listener")
    assert app.url == "https://api.internal.example"
    assert (listener["Port"], listener["Protocol"]) == (443, "HTTPS")
    assert listener["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
    assert properties(stack, "AWS::Route53::RecordSet")["Name"] == "api.internal.example."


@pytest.mark.parametrize(("app_protocol", "version"), [("http2", "HTTP2"), ("grpc", "GRPC")])
def test_a_load_balancer_inside_the_vpc_speaks_what_the_program_does(
    stack: cdk.Stack, make: MakeApp, app_protocol: str, version: str
) -> None:
    make(
        dns_name=None,
        app_protocol=ecs.AppProtocol(app_protocol),
        internal_load_balancer=InternalLoadBalancer(
            domain=Domain(domain_name="api.internal.example", hosted_zone_id="Z1", zone_name="internal.example"),
            certificate=acm.Certificate.from_certificate_arn(
                stack, "Certificate", "arn:aws:acm:eu-west-1:1:certificate/a"
            ),
            health_check_path="/grpc.health.v1.Health/Check",
        ),
    )

    group = properties(stack, "AWS::ElasticLoadBalancingV2::TargetGroup")
    assert (group["Protocol"], group["ProtocolVersion"]) == ("HTTP", version)


@pytest.mark.parametrize("app_protocol", [None, ecs.AppProtocol("http")], ids=["unsaid", "http"])
def test_a_load_balancer_inside_the_vpc_speaks_http_1(
    stack: cdk.Stack, make: MakeApp, app_protocol: ecs.AppProtocol | None
) -> None:
    make(dns_name=None, app_protocol=app_protocol, internal_load_balancer=InternalLoadBalancer())

    assert "ProtocolVersion" not in properties(stack, "AWS::ElasticLoadBalancingV2::TargetGroup")


def test_nobody_calls_a_load_balancer_inside_the_vpc_until_allowed(stack: cdk.Stack, make: MakeApp) -> None:
    make(dns_name=None, internal_load_balancer=InternalLoadBalancer())

    [rule] = ingress(stack)
    assert rule["FromPort"] == 8000
    assert "SourceSecurityGroupId" in rule


def test_a_function_may_call_a_load_balancer_inside_the_vpc(
    stack: cdk.Stack, cluster: ecs.Cluster, make: MakeApp
) -> None:
    app = make(dns_name=None, internal_load_balancer=InternalLoadBalancer())
    app.allow_from(ec2.Connections(security_groups=[ec2.SecurityGroup(stack, "Function", vpc=cluster.vpc)]))

    assert sorted(rule["FromPort"] for rule in ingress(stack)) == [80, 8000]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {
                "internal_load_balancer": InternalLoadBalancer(),
                "dns_name": None,
                "certificate_authority_arn": AUTHORITY,
            },
            "certificate_authority_arn belong to Service Connect",
        ),
        (
            {"internal_load_balancer": InternalLoadBalancer(), "dns_name": None, "access_logs": True},
            "access_logs belong to Service Connect",
        ),
    ],
)
def test_refuses_two_ways_or_none(make: MakeApp, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"Stack/App: {message}"):
        make(**arguments)
