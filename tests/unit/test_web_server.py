"""Tests of `WebServer` and the load balancer that it owns."""

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
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk.assertions import Template

from ecs_workloads import Container, Domain, ListenerRule, SqsQueue, WebServer
from tests.templates import ingress, main_container, properties, resources

DOMAIN = Domain(domain_name="shop.example.com", hosted_zone_id="Z1", zone_name="example.com")
MakeWeb = Callable[..., WebServer]


@pytest.fixture
def make(stack: cdk.Stack, cluster: ecs.Cluster, container: Container) -> MakeWeb:
    def web_server(**arguments: Any) -> WebServer:
        defaults: dict[str, Any] = {"container": replace(container, port=8080), "domain": DOMAIN}
        return WebServer(stack, "Web", cluster=cluster, **{**defaults, **arguments})

    return web_server


def attributes(stack: cdk.Stack, resource_type: str, name: str) -> dict[str, Any]:
    return {
        pair["Key"]: pair["Value"] for pair in properties(stack, f"AWS::ElasticLoadBalancingV2::{resource_type}")[name]
    }


def listeners(stack: cdk.Stack) -> dict[int, dict[str, Any]]:
    found = resources(stack, "AWS::ElasticLoadBalancingV2::Listener")
    return {listener["Properties"]["Port"]: listener["Properties"] for listener in found}


def test_users_speak_https_and_are_redirected_to_it(stack: cdk.Stack, make: MakeWeb) -> None:
    web = make()

    assert web.url == "https://shop.example.com"
    assert listeners(stack)[443]["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
    assert listeners(stack)[443]["Certificates"]
    assert listeners(stack)[80]["DefaultActions"] == [
        {"RedirectConfig": {"Port": "443", "Protocol": "HTTPS", "StatusCode": "HTTP_301"}, "Type": "redirect"}
    ]


def test_the_zone_proves_the_certificate_and_answers_for_the_name(stack: cdk.Stack, make: MakeWeb) -> None:
    make()

    certificate = properties(stack, "AWS::CertificateManager::Certificate")
    record = properties(stack, "AWS::Route53::RecordSet")
    assert certificate["DomainName"] == "shop.example.com"
    assert certificate["DomainValidationOptions"] == [{"DomainName": "shop.example.com", "HostedZoneId": "Z1"}]
    assert (record["Name"], record["Type"], record["HostedZoneId"]) == ("shop.example.com.", "A", "Z1")


@pytest.mark.parametrize("unknown", ["domain_name", "zone_name"])
def test_a_name_known_only_at_deployment_is_answered_for_as_it_is(
    stack: cdk.Stack, make: MakeWeb, unknown: str
) -> None:
    names: dict[str, Any] = {"domain_name": "shop.example.com", "zone_name": "example.com"}
    names[unknown] = cdk.CfnParameter(stack, "Name").value_as_string
    make(domain=Domain(hosted_zone_id="Z1", **names))

    name = properties(stack, "AWS::Route53::RecordSet")["Name"]
    assert name == ("shop.example.com." if unknown == "zone_name" else {"Fn::Join": ["", [{"Ref": "Name"}, "."]]})


def test_without_redirect_only_port_443_is_open(stack: cdk.Stack, make: MakeWeb) -> None:
    make(redirect_http=False)

    assert list(listeners(stack)) == [443]
    assert [rule["FromPort"] for rule in ingress(stack) if "CidrIp" in rule] == [443]


def test_a_certificate_of_the_user_is_used(stack: cdk.Stack, make: MakeWeb) -> None:
    arn = "arn:aws:acm:eu-west-1:111111111111:certificate/a"
    make(
        domain=Domain(domain_name="shop.example.com"),
        certificate=acm.Certificate.from_certificate_arn(stack, "Certificate", arn),
    )

    assert listeners(stack)[443]["Certificates"] == [{"CertificateArn": arn}]
    Template.from_stack(stack).resource_count_is("AWS::Route53::RecordSet", 0)


def test_plain_http_has_to_be_asked_for(stack: cdk.Stack, make: MakeWeb) -> None:
    web = make(domain=None, protocol=elbv2.ApplicationProtocol.HTTP)

    assert web.url == f"http://{web.load_balancer.load_balancer_dns_name}"
    assert list(listeners(stack)) == [80]
    assert listeners(stack)[80]["DefaultActions"][0]["Type"] == "forward"


def test_nothing_is_open_but_the_listeners_and_the_way_to_the_tasks(stack: cdk.Stack, make: MakeWeb) -> None:
    make()

    open_ports = sorted((rule["FromPort"], rule["ToPort"], rule.get("CidrIp")) for rule in ingress(stack))
    assert open_ports == [(80, 80, "0.0.0.0/0"), (443, 443, "0.0.0.0/0"), (8080, 8080, None)]


def test_the_load_balancer_is_hardened_and_writes_access_logs(stack: cdk.Stack, make: MakeWeb) -> None:
    make()

    found = attributes(stack, "LoadBalancer", "LoadBalancerAttributes")
    assert "Ref" in found.pop("access_logs.s3.bucket")
    assert "Ref" in found.pop("connection_logs.s3.bucket")
    assert found == {
        "access_logs.s3.enabled": "true",
        "access_logs.s3.prefix": "load-balancer",
        "connection_logs.s3.enabled": "true",
        "connection_logs.s3.prefix": "connections",
        "deletion_protection.enabled": "true",
        "idle_timeout.timeout_seconds": "60",
        "routing.http.desync_mitigation_mode": "defensive",
        "routing.http.drop_invalid_header_fields.enabled": "true",
    }


def test_only_load_balancers_of_the_account_may_write_logs(stack: cdk.Stack, make: MakeWeb) -> None:
    make()

    bucket, _ = (one["Properties"] for one in resources(stack, "AWS::S3::Bucket"))
    [allow] = [
        statement
        for policy in resources(stack, "AWS::S3::BucketPolicy")
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    ]
    assert allow["Action"] == "s3:PutObject"
    assert list(allow["Condition"]["ArnLike"]) == ["aws:SourceArn"]
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 90


def test_who_reads_the_logs_is_written_to_a_bucket_of_its_own(stack: cdk.Stack, make: MakeWeb) -> None:
    make()

    template = Template.from_stack(stack).to_json()["Resources"]
    buckets = {name: one["Properties"] for name, one in template.items() if one["Type"] == "AWS::S3::Bucket"}
    [(logs, audit)] = [
        (name, one["LoggingConfiguration"]["DestinationBucketName"]["Ref"])
        for name, one in buckets.items()
        if "LoggingConfiguration" in one
    ]
    [allow] = [
        statement
        for one in template.values()
        if one["Type"] == "AWS::S3::BucketPolicy" and one["Properties"]["Bucket"] == {"Ref": audit}
        for statement in one["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    assert set(buckets) == {logs, audit}
    assert {**buckets[audit], "LoggingConfiguration": None} == {**buckets[logs], "LoggingConfiguration": None}
    assert allow["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert allow["Action"] == "s3:PutObject"
    assert allow["Resource"] == {"Fn::Join": ["", [{"Fn::GetAtt": [audit, "Arn"]}, "/*"]]}
    assert allow["Condition"] == {
        "ArnLike": {"aws:SourceArn": {"Fn::GetAtt": [logs, "Arn"]}},
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
    }


def test_users_reach_the_load_balancer_from_the_internet(stack: cdk.Stack, make: MakeWeb) -> None:
    make()

    assert properties(stack, "AWS::ElasticLoadBalancingV2::LoadBalancer")["Scheme"] == "internet-facing"


def test_deletion_protection_can_be_switched_off(stack: cdk.Stack, make: MakeWeb) -> None:
    make(deletion_protection=False)

    assert attributes(stack, "LoadBalancer", "LoadBalancerAttributes")["deletion_protection.enabled"] == "false"


def test_health_drain_and_stop_follow_from_two_numbers(stack: cdk.Stack, make: MakeWeb) -> None:
    make(longest_request=timedelta(seconds=75), startup_time=timedelta(seconds=45), health_check_path="/healthz")

    group = properties(stack, "AWS::ElasticLoadBalancingV2::TargetGroup")
    drain = attributes(stack, "TargetGroup", "TargetGroupAttributes")["deregistration_delay.timeout_seconds"]
    assert drain == "75"
    assert (group["HealthCheckPath"], group["HealthCheckIntervalSeconds"]) == ("/healthz", 10)
    assert group["HealthCheckTimeoutSeconds"] == 5
    assert (group["HealthyThresholdCount"], group["UnhealthyThresholdCount"]) == (2, 3)
    assert main_container(stack)["StopTimeout"] == 85
    assert properties(stack, "AWS::ECS::Service")["HealthCheckGracePeriodSeconds"] == 110
    assert attributes(stack, "LoadBalancer", "LoadBalancerAttributes")["idle_timeout.timeout_seconds"] == "75"


def test_a_task_is_healthy_that_answers_at_the_root(stack: cdk.Stack, make: MakeWeb) -> None:
    make()

    assert properties(stack, "AWS::ElasticLoadBalancingV2::TargetGroup")["HealthCheckPath"] == "/"


def test_another_container_port_does_not_replace_the_target_group(stack: cdk.Stack, make: MakeWeb) -> None:
    make()

    assert properties(stack, "AWS::ElasticLoadBalancingV2::TargetGroup")["Port"] == 80
    [registered] = properties(stack, "AWS::ECS::Service")["LoadBalancers"]
    assert registered["ContainerPort"] == 8080


def test_by_default_two_to_four_tasks_scale_on_cpu(stack: cdk.Stack, make: MakeWeb) -> None:
    make()

    target = properties(stack, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 4)
    assert "ECSServiceAverageCPUUtilization" in str(properties(stack, "AWS::ApplicationAutoScaling::ScalingPolicy"))


def test_a_deployment_whose_responses_fail_rolls_back(stack: cdk.Stack, make: MakeWeb) -> None:
    web = make(max_failed_percent=2.5)

    alarm = properties(stack, "AWS::CloudWatch::Alarm")
    deployment = properties(stack, "AWS::ECS::Service")["DeploymentConfiguration"]["Alarms"]
    [expression] = [query["Expression"] for query in alarm["Metrics"] if "Expression" in query]
    names = {query["MetricStat"]["Metric"]["MetricName"] for query in alarm["Metrics"] if "MetricStat" in query}
    assert web.failed_responses_alarm is not None
    assert deployment["AlarmNames"] == [stack.resolve(web.failed_responses_alarm.alarm_name)]
    assert (deployment["Enable"], deployment["Rollback"]) == (True, True)
    assert names == {
        "RequestCount",
        "HTTPCode_Target_5XX_Count",
        "HTTPCode_ELB_5XX_Count",
        "HTTPCode_ELB_502_Count",
        "HTTPCode_ELB_504_Count",
    }
    assert " >= 20, 100 * (FILL(failed, 0) + FILL(unanswered, 0)) / (FILL(requests, 0) + " in expression
    assert (alarm["Threshold"], alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (2.5, 3, 2)
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    assert alarm["TreatMissingData"] == "notBreaching"


def test_a_deployment_that_stops_the_tier_does_not_roll_back_since_nothing_answers(
    stack: cdk.Stack, make: MakeWeb
) -> None:
    web = make(suspended=True)

    assert web.failed_responses_alarm is not None  # as before: actions of the user stay where they are
    alarms = properties(stack, "AWS::ECS::Service")["DeploymentConfiguration"]["Alarms"]
    assert (alarms["AlarmNames"], alarms["Enable"]) == ([], False)


def test_a_deployment_rolls_back_when_more_than_five_percent_fail(stack: cdk.Stack, make: MakeWeb) -> None:
    make()

    assert properties(stack, "AWS::CloudWatch::Alarm")["Threshold"] == 5


def test_the_alarm_on_responses_can_be_switched_off(stack: cdk.Stack, make: MakeWeb) -> None:
    web = make(max_failed_percent=None)

    assert web.failed_responses_alarm is None
    Template.from_stack(stack).resource_count_is("AWS::CloudWatch::Alarm", 0)


def test_an_alarm_of_the_user_rolls_back_too(stack: cdk.Stack, make: MakeWeb) -> None:
    make(
        deployment_alarms=[
            cloudwatch.Alarm.from_alarm_arn(stack, "Orders", "arn:aws:cloudwatch:eu-west-1:1:alarm:orders")
        ]
    )

    names = properties(stack, "AWS::ECS::Service")["DeploymentConfiguration"]["Alarms"]["AlarmNames"]
    assert (len(names), names[0]) == (2, "orders")


def test_it_can_be_suspended(stack: cdk.Stack, make: MakeWeb) -> None:
    make(suspended=True)

    assert properties(stack, "AWS::ECS::Service")["DesiredCount"] == 0
    assert properties(stack, "AWS::ApplicationAutoScaling::ScalableTarget")["MaxCapacity"] == 0
    Template.from_stack(stack).resource_count_is("AWS::ElasticLoadBalancingV2::LoadBalancer", 1)


def test_a_guest_has_another_target_group_than_with_a_load_balancer_of_its_own(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container, make: MakeWeb
) -> None:
    # Else it could not move between the two: a group belongs to one load balancer.
    owner = make()
    guest = WebServer(
        stack,
        "Guest",
        cluster=cluster,
        container=replace(container, port=8080),
        listener_rule=ListenerRule(listener=owner.listener, priority=1, path_patterns=["/v2/*"]),
    )

    assert owner.target_group.node.id != guest.target_group.node.id


def test_a_guest_on_another_listener_makes_no_load_balancer(stack: cdk.Stack, make: MakeWeb) -> None:
    listener = elbv2.ApplicationListener.from_application_listener_attributes(
        stack,
        "Listener",
        listener_arn="arn:aws:elasticloadbalancing:eu-west-1:111111111111:listener/app/a/b/c",
        security_group=ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-1"),
    )
    web = make(
        domain=None,
        listener_rule=ListenerRule(
            listener=listener, priority=20, host_headers=["shop.example.com"], path_patterns=["/v2/*"]
        ),
    )

    rule = properties(stack, "AWS::ElasticLoadBalancingV2::ListenerRule")
    assert web.url == "https://shop.example.com"
    assert rule["Priority"] == 20
    assert [condition["Field"] for condition in rule["Conditions"]] == ["host-header", "path-pattern"]
    assert [(rule["FromPort"], rule["SourceSecurityGroupId"]) for rule in ingress(stack)] == [(8080, "sg-1")]
    names = str(properties(stack, "AWS::CloudWatch::Alarm")["Metrics"])
    assert ("HTTPCode_Target_5XX_Count" in names, "HTTPCode_ELB_5XX_Count" in names) == (True, False)
    Template.from_stack(stack).resource_count_is("AWS::ElasticLoadBalancingV2::LoadBalancer", 0)
    with pytest.raises(ValueError, match="Stack/Web: owns no load balancer"):
        _ = web.load_balancer


def test_a_share_of_failures_may_be_known_at_deployment_alone(stack: cdk.Stack, make: MakeWeb) -> None:
    make(max_failed_percent=cdk.CfnParameter(stack, "Percent", type="Number").value_as_number)

    alarm = properties(stack, "AWS::CloudWatch::Alarm")
    assert alarm["Threshold"] == {"Ref": "Percent"}
    assert alarm["AlarmDescription"] == {
        "Fn::Join": ["", ["More than ", {"Ref": "Percent"}, " percent of the requests to Stack/Web fail"]]
    }


def test_it_can_send_to_a_queue(stack: cdk.Stack, make: MakeWeb) -> None:
    make().send_to(SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=1)), prefix="ORDERS")

    assert [pair["Name"] for pair in main_container(stack)["Environment"]] == ["ORDERS_URL", "ORDERS_NAME"]
