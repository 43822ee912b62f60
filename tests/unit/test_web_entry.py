"""Tests of the ways in to a `WebServer`: who may come, how, and what its load balancer asks of the tasks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Template

from ecs_workloads import (
    AppServer,
    Container,
    Domain,
    InternalLoadBalancer,
    JwtAuthentication,
    ListenerRule,
    OidcAuthentication,
    TargetTimings,
    WebFirewall,
    WebServer,
)
from tests.templates import HEALTHY, ingress, properties, resources

DOMAIN = Domain(domain_name="shop.example.com", hosted_zone_id="Z1", zone_name="example.com")
JWT = JwtAuthentication(issuer="https://id.example.com", jwks_endpoint="https://id.example.com/keys")
HTTP = elbv2.ApplicationProtocol.HTTP
MakeWeb = Callable[..., WebServer]


@pytest.fixture
def make(stack: cdk.Stack, cluster: ecs.Cluster, container: Container) -> MakeWeb:
    def web_server(name: str = "Web", **arguments: Any) -> WebServer:
        defaults: dict[str, Any] = {
            "cluster": cluster,
            "container": replace(container, port=8080),
            "domain": DOMAIN,
        }
        return WebServer(stack, name, **{**defaults, **arguments})

    return web_server


@pytest.fixture
def dual_stack_cluster(stack: cdk.Stack) -> ecs.Cluster:
    vpc = ec2.Vpc(stack, "DualStackVpc", ip_protocol=ec2.IpProtocol.DUAL_STACK)
    return ecs.Cluster(stack, "DualStackCluster", vpc=vpc)


@pytest.fixture
def listener(stack: cdk.Stack) -> elbv2.IApplicationListener:
    return elbv2.ApplicationListener.from_application_listener_attributes(
        stack,
        "Listener",
        listener_arn="arn:aws:elasticloadbalancing:eu-west-1:111111111111:listener/app/a/b/c",
        security_group=ec2.SecurityGroup.from_security_group_id(stack, "Group", "sg-1", allow_all_outbound=False),
    )


def oidc(**arguments: Any) -> OidcAuthentication:
    defaults: dict[str, Any] = {
        "issuer": "https://id.example.com",
        "authorization_endpoint": "https://id.example.com/authorize",
        "token_endpoint": "https://id.example.com/token",
        "user_info_endpoint": "https://id.example.com/me",
        "client_id": "shop",
        "client_secret": cdk.SecretValue.secrets_manager("shop/oidc"),
    }
    return OidcAuthentication(**{**defaults, **arguments})


def group_attributes(stack: cdk.Stack) -> dict[str, str]:
    found = properties(stack, "AWS::ElasticLoadBalancingV2::TargetGroup")["TargetGroupAttributes"]
    return {pair["Key"]: pair["Value"] for pair in found}


def target_group(stack: cdk.Stack) -> dict[str, Any]:
    return properties(stack, "AWS::ElasticLoadBalancingV2::TargetGroup")


def https_actions(stack: cdk.Stack) -> list[dict[str, Any]]:
    [listener] = [
        one["Properties"]
        for one in resources(stack, "AWS::ElasticLoadBalancingV2::Listener")
        if one["Properties"]["Port"] == 443
    ]
    actions: list[dict[str, Any]] = listener["DefaultActions"]
    return actions


# The firewall.


def test_a_firewall_stands_before_the_load_balancer(stack: cdk.Stack, make: MakeWeb) -> None:
    make()

    acl = properties(stack, "AWS::WAFv2::WebACL")
    association = properties(stack, "AWS::WAFv2::WebACLAssociation")
    assert (acl["Scope"], acl["DefaultAction"]) == ("REGIONAL", {"Allow": {}})
    assert [(rule["Priority"], rule["Name"]) for rule in acl["Rules"]] == [
        (0, "AWSManagedRulesAmazonIpReputationList"),
        (1, "AWSManagedRulesCommonRuleSet"),
        (2, "AWSManagedRulesKnownBadInputsRuleSet"),
        (3, "RequestsPerIp"),
    ]
    assert [rule.get("OverrideAction") for rule in acl["Rules"]] == [{"None": {}}] * 3 + [None]
    assert "Ref" in association["ResourceArn"]


def test_an_address_that_asks_too_often_is_blocked(stack: cdk.Stack, make: MakeWeb) -> None:
    make(firewall=WebFirewall(requests_per_ip=500))

    rule = properties(stack, "AWS::WAFv2::WebACL")["Rules"][-1]
    assert rule["Action"] == {"Block": {}}
    assert rule["Statement"]["RateBasedStatement"] == {
        "AggregateKeyType": "IP",
        "EvaluationWindowSec": 300,
        "Limit": 500,
    }
    assert WebFirewall().requests_per_ip == 10_000


def test_users_behind_a_proxy_are_counted_by_the_address_that_it_forwards(stack: cdk.Stack, make: MakeWeb) -> None:
    make(firewall=WebFirewall(forwarded_ip_header="X-Forwarded-For"))

    rule = properties(stack, "AWS::WAFv2::WebACL")["Rules"][-1]
    assert rule["Statement"]["RateBasedStatement"] == {
        "AggregateKeyType": "FORWARDED_IP",
        "EvaluationWindowSec": 300,
        "ForwardedIPConfig": {"FallbackBehavior": "NO_MATCH", "HeaderName": "X-Forwarded-For"},
        "Limit": 10_000,
    }


def test_uploads_pass_the_firewall(stack: cdk.Stack, make: MakeWeb) -> None:
    make()

    common = properties(stack, "AWS::WAFv2::WebACL")["Rules"][1]["Statement"]["ManagedRuleGroupStatement"]
    assert common["RuleActionOverrides"] == [{"ActionToUse": {"Count": {}}, "Name": "SizeRestrictions_BODY"}]


def test_rules_and_limit_of_the_firewall_can_be_chosen(stack: cdk.Stack, make: MakeWeb) -> None:
    make(
        firewall=WebFirewall(
            managed_rule_groups=["AWSManagedRulesSQLiRuleSet"],
            counted_rules={"AWSManagedRulesSQLiRuleSet": ["SQLi_COOKIE"]},
            requests_per_ip=None,
        )
    )

    [rule] = properties(stack, "AWS::WAFv2::WebACL")["Rules"]
    assert rule["Name"] == "AWSManagedRulesSQLiRuleSet"
    assert rule["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"][0]["Name"] == "SQLi_COOKIE"


def test_what_the_firewall_blocks_is_logged_without_secrets(stack: cdk.Stack, make: MakeWeb) -> None:
    make()

    logging = properties(stack, "AWS::WAFv2::LoggingConfiguration")
    [log_group] = [
        one["Properties"] for one in resources(stack, "AWS::Logs::LogGroup") if "LogGroupName" in one["Properties"]
    ]
    [kept] = logging["LoggingFilter"]["Filters"]
    number = {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}
    prefix, number_in_name = log_group["LogGroupName"]["Fn::Join"][1]
    assert prefix.startswith("aws-waf-logs-Stack-Web-")
    assert prefix.endswith("-")
    assert number_in_name == number
    assert log_group["RetentionInDays"] == 90
    [destination] = logging["LogDestinationConfigs"]
    *_, name, number_in_arn = destination["Fn::Join"][1]
    assert name.endswith(f":log-group:{prefix}")
    assert number_in_arn == number
    assert logging["LoggingFilter"]["DefaultBehavior"] == "DROP"
    assert (kept["Behavior"], kept["Requirement"]) == ("KEEP", "MEETS_ANY")
    assert [one["ActionCondition"]["Action"] for one in kept["Conditions"]] == ["BLOCK", "COUNT"]
    assert [field["SingleHeader"]["Name"] for field in logging["RedactedFields"]] == ["authorization", "cookie"]


def test_every_rule_of_the_firewall_is_counted_and_sampled(stack: cdk.Stack, make: MakeWeb) -> None:
    make()

    acl = properties(stack, "AWS::WAFv2::WebACL")
    visible = {one["VisibilityConfig"]["MetricName"]: one["VisibilityConfig"] for one in [acl, *acl["Rules"]]}
    assert [*visible] == ["all", *(rule["Name"] for rule in acl["Rules"])]
    assert {one["CloudWatchMetricsEnabled"] for one in visible.values()} == {True}
    assert {one["SampledRequestsEnabled"] for one in visible.values()} == {True}


def test_the_rules_of_the_firewall_are_those_of_aws(stack: cdk.Stack, make: MakeWeb) -> None:
    make()

    groups = [
        rule["Statement"]["ManagedRuleGroupStatement"]
        for rule in properties(stack, "AWS::WAFv2::WebACL")["Rules"]
        if "ManagedRuleGroupStatement" in rule["Statement"]
    ]
    assert [(one["VendorName"], one["Name"]) for one in groups] == [
        ("AWS", "AWSManagedRulesAmazonIpReputationList"),
        ("AWS", "AWSManagedRulesCommonRuleSet"),
        ("AWS", "AWSManagedRulesKnownBadInputsRuleSet"),
    ]


def test_key_and_removal_policy_reach_the_log_of_the_firewall(stack: cdk.Stack, make: MakeWeb) -> None:
    make(encryption_key=kms.Key(stack, "Key"), removal_policy=cdk.RemovalPolicy.DESTROY)

    [log_group] = [one for one in resources(stack, "AWS::Logs::LogGroup") if "LogGroupName" in one["Properties"]]
    assert "KmsKeyId" in log_group["Properties"]
    assert log_group["DeletionPolicy"] == "Delete"


def test_the_firewall_can_be_left_out(stack: cdk.Stack, make: MakeWeb) -> None:
    make(firewall=None)

    Template.from_stack(stack).resource_count_is("AWS::WAFv2::WebACL", 0)


# Who may come in.


def test_sources_can_be_limited_to_networks_and_cloudfront(stack: cdk.Stack, make: MakeWeb) -> None:
    make(
        sources=[ec2.Peer.ipv4("198.51.100.0/24"), ec2.Peer.prefix_list("pl-4fa04526")],
        redirect_http=False,
        firewall=None,
    )

    from_outside = [rule for rule in ingress(stack) if "CidrIp" in rule or "SourcePrefixListId" in rule]
    assert {(rule["FromPort"], rule.get("CidrIp"), rule.get("SourcePrefixListId")) for rule in from_outside} == {
        (443, "198.51.100.0/24", None),
        (443, None, "pl-4fa04526"),
    }


def test_cloudfront_alone_may_come(stack: cdk.Stack, make: MakeWeb) -> None:
    make(
        sources=[ec2.Peer.prefix_list("pl-4fa04526")],
        redirect_http=False,
        firewall=WebFirewall(forwarded_ip_header="X-Forwarded-For"),
    )

    assert [rule["FromPort"] for rule in ingress(stack) if "SourcePrefixListId" in rule] == [443]
    assert not any("CidrIp" in rule for rule in ingress(stack))


def test_cloudfront_may_come_to_a_firewall_that_counts_nobody(stack: cdk.Stack, make: MakeWeb) -> None:
    make(
        sources=[ec2.Peer.prefix_list("pl-4fa04526")],
        domain=None,
        protocol=HTTP,
        firewall=WebFirewall(requests_per_ip=None),
    )

    assert [rule["FromPort"] for rule in ingress(stack) if "SourcePrefixListId" in rule] == [80]


def test_networks_on_a_list_of_this_app_are_users(stack: cdk.Stack, make: MakeWeb) -> None:
    offices = ec2.PrefixList(stack, "Offices", entries=[ec2.CfnPrefixList.EntryProperty(cidr="198.51.100.0/24")])
    make(sources=[offices])

    assert sorted(rule["FromPort"] for rule in ingress(stack) if "SourcePrefixListId" in rule) == [80, 443]


def test_nobody_else_comes_to_the_port_that_redirects(stack: cdk.Stack, make: MakeWeb) -> None:
    make(sources=[ec2.Peer.ipv4("198.51.100.0/24")])

    from_outside = {(rule["FromPort"], rule["CidrIp"]) for rule in ingress(stack) if "CidrIp" in rule}
    assert from_outside == {(80, "198.51.100.0/24"), (443, "198.51.100.0/24")}


def test_the_name_answers_over_both_kinds_of_addresses(
    stack: cdk.Stack, make: MakeWeb, dual_stack_cluster: ecs.Cluster
) -> None:
    make(cluster=dual_stack_cluster, ip_address_type=elbv2.IpAddressType.DUAL_STACK)

    records = [one["Properties"] for one in resources(stack, "AWS::Route53::RecordSet")]
    assert {(one["Type"], one["Name"]) for one in records} == {
        ("A", "shop.example.com."),
        ("AAAA", "shop.example.com."),
    }


def test_only_the_subnets_of_the_load_balancer_need_ipv6(
    stack: cdk.Stack, make: MakeWeb, container: Container, dual_stack_cluster: ecs.Cluster
) -> None:
    forget_ipv6(dual_stack_cluster.vpc.private_subnets)
    make(cluster=dual_stack_cluster, ip_address_type=elbv2.IpAddressType.DUAL_STACK)

    vpc = ec2.Vpc(stack, "OtherVpc", ip_protocol=ec2.IpProtocol.DUAL_STACK)
    forget_ipv6(vpc.public_subnets)
    AppServer(
        stack,
        "App",
        cluster=ecs.Cluster(stack, "OtherCluster", vpc=vpc),
        container=replace(container, port=8000, health_check=HEALTHY),
        internal_load_balancer=InternalLoadBalancer(ip_address_type=elbv2.IpAddressType.DUAL_STACK),
    )

    load_balancers = resources(stack, "AWS::ElasticLoadBalancingV2::LoadBalancer")
    assert [one["Properties"]["IpAddressType"] for one in load_balancers] == ["dualstack", "dualstack"]


def forget_ipv6(subnets: Sequence[ec2.ISubnet]) -> None:
    for subnet in subnets:
        resource = subnet.node.default_child
        assert isinstance(resource, ec2.CfnSubnet)
        resource.ipv6_cidr_block = None


def test_users_may_come_over_ipv6(stack: cdk.Stack, make: MakeWeb, dual_stack_cluster: ecs.Cluster) -> None:
    make(cluster=dual_stack_cluster, ip_address_type=elbv2.IpAddressType.DUAL_STACK)

    open_to = {(rule["FromPort"], rule["CidrIpv6"]) for rule in ingress(stack) if "CidrIpv6" in rule}
    records = {one["Properties"]["Type"] for one in resources(stack, "AWS::Route53::RecordSet")}
    assert properties(stack, "AWS::ElasticLoadBalancingV2::LoadBalancer")["IpAddressType"] == "dualstack"
    assert records == {"A", "AAAA"}
    assert open_to == {(80, "::/0"), (443, "::/0")}


def test_of_a_vpc_of_others_nobody_knows_whether_it_has_ipv6(stack: cdk.Stack, make: MakeWeb) -> None:
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Theirs",
        vpc_id="vpc-1",
        availability_zones=["a", "b"],
        private_subnet_ids=["subnet-1", "subnet-2"],
        public_subnet_ids=["subnet-3", "subnet-4"],
    )
    make(
        cluster=ecs.Cluster(stack, "TheirCluster", vpc=vpc),
        ip_address_type=elbv2.IpAddressType.DUAL_STACK_WITHOUT_PUBLIC_IPV4,
    )

    found = properties(stack, "AWS::ElasticLoadBalancingV2::LoadBalancer")
    assert found["IpAddressType"] == "dualstack-without-public-ipv4"


def test_issuers_are_asked_over_ipv4(stack: cdk.Stack, make: MakeWeb, dual_stack_cluster: ecs.Cluster) -> None:
    make(cluster=dual_stack_cluster, ip_address_type=elbv2.IpAddressType.DUAL_STACK, authentication=JWT)

    groups = [one["Properties"] for one in resources(stack, "AWS::EC2::SecurityGroup")]
    ways_out = [rule for group in groups for rule in group.get("SecurityGroupEgress", [])]
    assert {"0.0.0.0/0"} <= {rule["CidrIp"] for rule in ways_out if rule.get("FromPort") == 443}
    assert properties(stack, "AWS::ElasticLoadBalancingV2::LoadBalancer")["IpAddressType"] == "dualstack"


def test_zones_of_an_imported_vpc_may_be_known_only_at_deployment(stack: cdk.Stack, make: MakeWeb) -> None:
    def imported(name: str) -> list[str]:
        return cdk.Fn.split(",", cdk.Fn.import_value(name))

    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Theirs",
        vpc_id=cdk.Fn.import_value("Vpc"),
        availability_zones=cdk.Fn.get_azs(),
        private_subnet_ids=imported("Private"),
        public_subnet_ids=imported("Public"),
    )
    make(cluster=ecs.Cluster(stack, "TheirCluster", vpc=vpc))

    load_balancer = properties(stack, "AWS::ElasticLoadBalancingV2::LoadBalancer")
    network = properties(stack, "AWS::ECS::Service")["NetworkConfiguration"]["AwsvpcConfiguration"]
    assert load_balancer["Subnets"] == {"Fn::Split": [",", {"Fn::ImportValue": "Public"}]}
    assert network["Subnets"] == {"Fn::Split": [",", {"Fn::ImportValue": "Private"}]}


@pytest.mark.parametrize("inside", [False, True], ids=["public", "private"])
def test_of_several_groups_of_subnets_a_load_balancer_is_in_one_of_each_zone(
    stack: cdk.Stack, make: MakeWeb, container: Container, *, inside: bool
) -> None:
    kinds = {
        "Front": ec2.SubnetType.PUBLIC,
        "Edge": ec2.SubnetType.PUBLIC,
        "App": ec2.SubnetType.PRIVATE_WITH_EGRESS,
        "Data": ec2.SubnetType.PRIVATE_WITH_EGRESS,
    }
    groups = [ec2.SubnetConfiguration(name=name, subnet_type=kind) for name, kind in kinds.items()]
    vpc = ec2.Vpc(stack, "Wide", max_azs=2, subnet_configuration=groups)
    cluster = ecs.Cluster(stack, "WideCluster", vpc=vpc)
    if inside:
        AppServer(
            stack,
            "App",
            cluster=cluster,
            container=replace(container, port=8000),
            internal_load_balancer=InternalLoadBalancer(),
        )
    else:
        make(cluster=cluster)

    expected = vpc.private_subnets[:2] if inside else vpc.public_subnets[:2]
    load_balancer = properties(stack, "AWS::ElasticLoadBalancingV2::LoadBalancer")
    assert load_balancer["Subnets"] == [stack.resolve(subnet.subnet_id) for subnet in expected]
    assert len({subnet.availability_zone for subnet in expected}) == 2


@pytest.mark.parametrize("encryption", [s3.BucketEncryption.KMS_MANAGED, s3.BucketEncryption.DSSE_MANAGED])
def test_load_balancers_write_to_no_bucket_with_a_key_of_aws(
    stack: cdk.Stack, make: MakeWeb, encryption: s3.BucketEncryption
) -> None:
    with pytest.raises(ValueError, match="Stack/Web: log_bucket must be encrypted with the keys of S3"):
        make(log_bucket=s3.Bucket(stack, "Locked", encryption=encryption))


def test_over_ipv4_alone_nobody_comes_over_ipv6(stack: cdk.Stack, make: MakeWeb) -> None:
    make()

    assert [rule for rule in ingress(stack) if "CidrIpv6" in rule] == []


def test_tasks_reach_services_over_ipv6(stack: cdk.Stack, make: MakeWeb) -> None:
    make()

    groups = resources(stack, "AWS::EC2::SecurityGroup")
    [tasks] = [one["Properties"] for one in groups if one["Properties"]["GroupDescription"].startswith("Tasks of")]
    assert {rule.get("CidrIpv6") for rule in tasks["SecurityGroupEgress"]} == {None, "::/0"}


def test_people_log_in_before_a_task_sees_them(stack: cdk.Stack, make: MakeWeb) -> None:
    make(authentication=oidc())

    first, second = https_actions(stack)
    assert (first["Type"], second["Type"]) == ("authenticate-oidc", "forward")
    assert first["AuthenticateOidcConfig"]["SessionTimeout"] == "43200"
    assert first["AuthenticateOidcConfig"]["Scope"] == "openid"
    assert "{{resolve:secretsmanager:shop/oidc" in str(first["AuthenticateOidcConfig"]["ClientSecret"])


def test_the_secret_of_a_login_may_be_a_reference_that_is_written_out(stack: cdk.Stack, make: MakeWeb) -> None:
    reference = "{{resolve:secretsmanager:shop/oidc:SecretString:secret::}}"
    make(authentication=oidc(client_secret=cdk.SecretValue.unsafe_plain_text(reference)))

    assert https_actions(stack)[0]["AuthenticateOidcConfig"]["ClientSecret"] == reference


def test_the_secret_of_a_login_lies_in_no_parameter_store(make: MakeWeb) -> None:
    with pytest.raises(ValueError, match="Stack/Web: client_secret cannot be a SecureString of SSM"):
        make(authentication=oidc(client_secret=cdk.SecretValue.ssm_secure("/shop/oidc")))


def test_the_secret_of_a_login_may_be_a_parameter_that_nobody_sees(stack: cdk.Stack, make: MakeWeb) -> None:
    parameter = cdk.CfnParameter(stack, "Oidc", no_echo=True)
    make(authentication=oidc(client_secret=cdk.SecretValue.cfn_parameter(parameter)))

    assert https_actions(stack)[0]["AuthenticateOidcConfig"]["ClientSecret"] == {"Ref": "Oidc"}


def test_programs_bring_a_token(stack: cdk.Stack, make: MakeWeb) -> None:
    make(authentication=JWT)

    first, second = https_actions(stack)
    assert (first["Type"], second["Type"]) == ("jwt-validation", "forward")
    assert first["JwtValidationConfig"] == {
        "Issuer": "https://id.example.com",
        "JwksEndpoint": "https://id.example.com/keys",
    }


@pytest.mark.parametrize("authentication", [JWT, oidc()], ids=["jwt", "oidc"])
def test_a_load_balancer_can_ask_the_issuer(stack: cdk.Stack, make: MakeWeb, authentication: Any) -> None:
    make(authentication=authentication)

    groups = resources(stack, "AWS::EC2::SecurityGroup")
    [group] = [one["Properties"] for one in groups if one["Properties"]["GroupDescription"].startswith("Load balancer")]
    assert [(rule["FromPort"], rule["CidrIp"]) for rule in group["SecurityGroupEgress"]] == [(443, "0.0.0.0/0")]
    assert {rule["Description"] for rule in group["SecurityGroupEgress"]} == {"Issuer of tokens"}


def test_a_guest_can_ask_for_a_token_too(stack: cdk.Stack, make: MakeWeb) -> None:
    owner = make()
    make(
        "Guest",
        domain=None,
        authentication=JWT,
        listener_rule=ListenerRule(listener=owner.listener, priority=1, host_headers=["a.example.com"]),
    )

    groups = resources(stack, "AWS::EC2::SecurityGroup")
    [group] = [one["Properties"] for one in groups if one["Properties"]["GroupDescription"].startswith("Load balancer")]
    assert [(rule["FromPort"], rule["CidrIp"]) for rule in group["SecurityGroupEgress"]] == [(443, "0.0.0.0/0")]


def test_on_an_imported_listener_the_way_to_the_issuer_is_its_owners(
    stack: cdk.Stack, make: MakeWeb, listener: elbv2.IApplicationListener
) -> None:
    make(
        domain=None,
        authentication=JWT,
        listener_rule=ListenerRule(listener=listener, priority=1, host_headers=["a.example.com"]),
    )

    actions = properties(stack, "AWS::ElasticLoadBalancingV2::ListenerRule")["Actions"]
    egress = [one["Properties"] for one in resources(stack, "AWS::EC2::SecurityGroupEgress")]
    assert [action["Type"] for action in actions] == ["jwt-validation", "forward"]
    # Two stacks with a guest each would make the same rule, which EC2 takes once.
    assert [rule for rule in egress if "CidrIp" in rule] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"authorization_endpoint": "id"}, "authorization_endpoint must be a URL with https://, got 'id'"),
        ({"token_endpoint": ""}, "token_endpoint must be a URL with https://, got ''"),
        ({"user_info_endpoint": "https://"}, "user_info_endpoint must be a URL with https://, got 'https://'"),
    ],
)
def test_a_login_refuses(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"OidcAuthentication: {message}"):
        oidc(**arguments)


def test_a_token_has_an_issuer_with_keys() -> None:
    with pytest.raises(ValueError, match="JwtAuthentication: jwks_endpoint must be a URL with https://, got 'id'"):
        replace(JWT, jwks_endpoint="id")


# Between load balancer and tasks.


def test_a_new_task_is_warmed_up(stack: cdk.Stack, make: MakeWeb) -> None:
    make(startup_time=timedelta(seconds=90))

    assert group_attributes(stack)["slow_start.duration_seconds"] == "90"


def test_a_program_that_starts_fast_needs_no_warming_up(stack: cdk.Stack, make: MakeWeb) -> None:
    make(startup_time=timedelta(seconds=29))

    assert "slow_start.duration_seconds" not in group_attributes(stack)


def test_times_can_be_set_by_hand(stack: cdk.Stack, make: MakeWeb) -> None:
    make(
        timings=TargetTimings(
            health_check_interval=timedelta(seconds=20),
            health_check_timeout=timedelta(seconds=10),
            healthy_threshold_count=3,
            unhealthy_threshold_count=4,
            slow_start=timedelta(seconds=45),
            deregistration_delay=timedelta(seconds=60),
            health_check_grace_period=timedelta(seconds=240),
        )
    )

    group = target_group(stack)
    assert (group["HealthCheckIntervalSeconds"], group["HealthCheckTimeoutSeconds"]) == (20, 10)
    assert (group["HealthyThresholdCount"], group["UnhealthyThresholdCount"]) == (3, 4)
    assert group_attributes(stack)["slow_start.duration_seconds"] == "45"
    assert group_attributes(stack)["deregistration_delay.timeout_seconds"] == "60"
    assert properties(stack, "AWS::ECS::Service")["HealthCheckGracePeriodSeconds"] == 240


def test_a_user_can_stay_with_one_task(stack: cdk.Stack, make: MakeWeb) -> None:
    make(stickiness_cookie_duration=timedelta(hours=1), stickiness_cookie_name="session")

    attributes = group_attributes(stack)
    assert attributes["stickiness.enabled"] == "true"
    assert attributes["stickiness.app_cookie.cookie_name"] == "session"
    assert attributes["stickiness.app_cookie.duration_seconds"] == "3600"


def test_a_user_meets_any_task(stack: cdk.Stack, make: MakeWeb) -> None:
    make()

    assert group_attributes(stack)["stickiness.enabled"] == "false"


def test_grpc_has_its_own_health_check(stack: cdk.Stack, make: MakeWeb) -> None:
    make(
        protocol_version=elbv2.ApplicationProtocolVersion.GRPC,
        health_check_path="/grpc.health.v1.Health/Check",
    )

    group = target_group(stack)
    assert (group["ProtocolVersion"], group["Matcher"]) == ("GRPC", {"GrpcCode": "0"})
    assert group["HealthCheckPath"] == "/grpc.health.v1.Health/Check"


def test_tls_reaches_the_task(stack: cdk.Stack, make: MakeWeb) -> None:
    make(target_protocol=elbv2.ApplicationProtocol.HTTPS)

    group = target_group(stack)
    assert (group["Protocol"], group["Port"], group["HealthCheckProtocol"]) == ("HTTPS", 443, "HTTPS")


def test_a_port_for_health_checks_alone_is_opened_to_the_load_balancer(stack: cdk.Stack, make: MakeWeb) -> None:
    make(health_check_port=9000)

    assert target_group(stack)["HealthCheckPort"] == "9000"
    [rule] = [rule for rule in ingress(stack) if rule["FromPort"] == 9000]
    assert "SourceSecurityGroupId" in rule
    assert len(resources(stack, "AWS::EC2::SecurityGroupEgress")) == 2


def test_a_port_for_health_checks_may_be_known_only_at_deployment(stack: cdk.Stack, make: MakeWeb) -> None:
    port: Any = cdk.Token.as_number(cdk.Fn.ref("Port"))
    make(health_check_port=port)

    assert target_group(stack)["HealthCheckPort"] == {"Ref": "Port"}


def test_a_guest_opens_the_port_for_health_checks_to_its_host(
    stack: cdk.Stack, make: MakeWeb, listener: elbv2.IApplicationListener
) -> None:
    make(
        domain=None,
        health_check_port=9000,
        listener_rule=ListenerRule(listener=listener, priority=1, host_headers=["a.example.com"]),
    )

    [rule] = [rule for rule in ingress(stack) if rule["FromPort"] == 9000]
    assert rule["SourceSecurityGroupId"] == "sg-1"


def test_logs_can_go_to_a_bucket_of_the_user(stack: cdk.Stack, make: MakeWeb) -> None:
    make(log_bucket=s3.Bucket(stack, "Logs"))

    Template.from_stack(stack).resource_count_is("AWS::S3::Bucket", 1)
    text = str(properties(stack, "AWS::S3::BucketPolicy"))
    assert "/load-balancer/AWSLogs/" in text
    assert "/connections/AWSLogs/" in text


def test_logs_are_encrypted_reached_over_tls_alone_and_outlive_the_tier(stack: cdk.Stack, make: MakeWeb) -> None:
    make()

    [bucket] = [one for one in resources(stack, "AWS::S3::Bucket") if "LoggingConfiguration" in one["Properties"]]
    found = bucket["Properties"]
    [encryption] = found["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert found["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert set(found["PublicAccessBlockConfiguration"].values()) == {True}
    assert found["VersioningConfiguration"] == {"Status": "Enabled"}
    [rule] = found["LifecycleConfiguration"]["Rules"]
    assert (rule["ExpirationInDays"], rule["NoncurrentVersionExpiration"]) == (90, {"NoncurrentDays": 1})
    assert bucket["DeletionPolicy"] == "Retain"
    policies = [one["Properties"]["PolicyDocument"]["Statement"] for one in resources(stack, "AWS::S3::BucketPolicy")]
    [(allowed, denied)] = [found for found in policies if any(one.get("Sid") == "AccessLogs" for one in found)]
    if allowed["Effect"] == "Deny":
        allowed, denied = denied, allowed
    assert allowed["Sid"] == "AccessLogs"
    assert allowed["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Join"][1][-1] == ":loadbalancer/*"
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_who_reads_the_logs_is_written_by_s3_alone_for_that_bucket_alone(stack: cdk.Stack, make: MakeWeb) -> None:
    make()

    policies = [one["Properties"]["PolicyDocument"]["Statement"] for one in resources(stack, "AWS::S3::BucketPolicy")]
    [audit] = [one for found in policies for one in found if one.get("Sid") == "Audit"]
    assert audit["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert (audit["Effect"], audit["Action"]) == ("Allow", "s3:PutObject")
    assert set(audit["Condition"]) == {"ArnLike", "StringEquals"}
    assert audit["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}


def test_two_services_share_a_listener(stack: cdk.Stack, make: MakeWeb) -> None:
    first = make()
    make(
        "Second",
        domain=None,
        listener_rule=ListenerRule(
            listener=first.listener,
            priority=10,
            host_headers=["api.example.com"],
            path_patterns=["/v2/*"],
            http_headers={"X-Version": ["2"]},
        ),
    )

    rule = properties(stack, "AWS::ElasticLoadBalancingV2::ListenerRule")
    assert [one["Field"] for one in rule["Conditions"]] == ["host-header", "path-pattern", "http-header"]
    assert rule["Conditions"][2]["HttpHeaderConfig"] == {"HttpHeaderName": "X-Version", "Values": ["2"]}
    Template.from_stack(stack).resource_count_is("AWS::ElasticLoadBalancingV2::LoadBalancer", 1)


@pytest.mark.parametrize(
    ("condition", "field"),
    [({"path_patterns": ["/v2/*"]}, "path-pattern"), ({"http_headers": {"X-Version": ["2"]}}, "http-header")],
)
def test_a_path_or_a_header_alone_is_a_rule(
    stack: cdk.Stack, make: MakeWeb, listener: elbv2.IApplicationListener, condition: dict[str, Any], field: str
) -> None:
    make(domain=None, listener_rule=ListenerRule(listener=listener, priority=1, **condition))

    rule = properties(stack, "AWS::ElasticLoadBalancingV2::ListenerRule")
    assert [one["Field"] for one in rule["Conditions"]] == [field]


def test_two_tiers_cannot_have_one_place_on_a_listener_of_this_app(make: MakeWeb) -> None:
    rule = ListenerRule(listener=make("Owner").listener, priority=10, host_headers=["a.example.com"])
    make(domain=None, listener_rule=rule)

    with pytest.raises(ValueError, match="Stack/Second: Stack/Web already has priority=10 on the listener"):
        make("Second", domain=None, listener_rule=replace(rule, host_headers=["b.example.com"]))


def test_a_guest_may_be_as_slow_as_its_host(stack: cdk.Stack, make: MakeWeb) -> None:
    slow = timedelta(seconds=110)
    host = make("Host", longest_request=slow)
    rule = ListenerRule(listener=host.listener, priority=10, path_patterns=["/reports/*"])

    make(domain=None, listener_rule=rule, longest_request=slow)

    attributes = properties(stack, "AWS::ElasticLoadBalancingV2::LoadBalancer")["LoadBalancerAttributes"]
    [idle] = [int(one["Value"]) for one in attributes if one["Key"] == "idle_timeout.timeout_seconds"]
    made = properties(stack, "AWS::ElasticLoadBalancingV2::ListenerRule")
    assert idle >= slow.total_seconds()
    assert [one["Field"] for one in made["Conditions"]] == ["path-pattern"]


def test_a_host_may_have_a_listener_of_another_protocol(make: MakeWeb) -> None:
    host = make("Host", redirect_http=False)
    plain = host.load_balancer.add_listener(
        "Plain", protocol=HTTP, default_action=elbv2.ListenerAction.fixed_response(404)
    )
    rule = ListenerRule(listener=plain, priority=10, host_headers=["a.example.com"])

    assert make(domain=None, listener_rule=rule, protocol=HTTP).url == "http://a.example.com"


def test_a_guest_brings_no_certificate_and_no_bucket(
    stack: cdk.Stack, make: MakeWeb, listener: elbv2.IApplicationListener
) -> None:
    certificate = acm.Certificate.from_certificate_arn(stack, "Certificate", "arn:aws:acm:eu-west-1:1:certificate/a")
    rule = ListenerRule(listener=listener, priority=1, host_headers=["a.example.com"])

    with pytest.raises(ValueError, match="certificate, log_bucket: only for a load balancer of its own"):
        make(domain=None, listener_rule=rule, certificate=certificate, log_bucket=s3.Bucket(stack, "Logs"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sources": [ec2.Peer.ipv4("10.0.0.0/8")]}, "sources: only for a load balancer of its own"),
        ({"ip_address_type": elbv2.IpAddressType.DUAL_STACK}, "ip_address_type: only for a load balancer of its own"),
        ({"firewall": WebFirewall(requests_per_ip=100)}, "firewall: only for a load balancer of its own"),
        ({"redirect_http": False}, "redirect_http: only for a load balancer of its own"),
        ({"deletion_protection": False}, "deletion_protection: only for a load balancer of its own"),
    ],
)
def test_a_guest_refuses(
    make: MakeWeb, listener: elbv2.IApplicationListener, arguments: dict[str, Any], message: str
) -> None:
    rule = ListenerRule(listener=listener, priority=1, host_headers=["a.example.com"])

    with pytest.raises(ValueError, match=f"Stack/Web: {message}"):
        make(domain=None, listener_rule=rule, **arguments)


def test_no_slow_start_can_be_asked_for(stack: cdk.Stack, make: MakeWeb) -> None:
    make(timings=TargetTimings(slow_start=timedelta(0)))

    assert "slow_start.duration_seconds" not in group_attributes(stack)


def test_good_answers_that_only_the_deployment_knows_leave_time_for_the_most(stack: cdk.Stack, make: MakeWeb) -> None:
    answers: Any = cdk.CfnParameter(stack, "Answers", type="Number").value_as_number
    make(startup_time=timedelta(seconds=30), timings=TargetTimings(healthy_threshold_count=answers))

    assert properties(stack, "AWS::ECS::Service")["HealthCheckGracePeriodSeconds"] == 2 * 30 + 10 * 10
    group = properties(stack, "AWS::ElasticLoadBalancingV2::TargetGroup")
    assert group["HealthyThresholdCount"] == {"Ref": "Answers"}


def test_good_answers_that_only_the_deployment_knows_may_be_the_fewest(stack: cdk.Stack, make: MakeWeb) -> None:
    answers: Any = cdk.CfnParameter(stack, "Answers", type="Number").value_as_number
    grace = timedelta(seconds=50)
    timings = TargetTimings(healthy_threshold_count=answers, health_check_grace_period=grace)
    make(startup_time=timedelta(seconds=30), timings=timings)

    assert properties(stack, "AWS::ECS::Service")["HealthCheckGracePeriodSeconds"] == 50


def test_a_slow_start_ends_after_fifteen_minutes(stack: cdk.Stack, make: MakeWeb) -> None:
    make(startup_time=timedelta(minutes=40))

    assert group_attributes(stack)["slow_start.duration_seconds"] == "900"
