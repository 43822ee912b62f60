"""The web ACL of a load balancer, and its log."""

from __future__ import annotations

from aws_cdk import ArnFormat, Fn, Names, RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from ecs_workloads.web_firewall import WebFirewall

_Acl = wafv2.CfnWebACL
_FIVE_MINUTES = 300
_SECRET_HEADERS = ("authorization", "cookie")


class WebAcl(Construct):
    """The rules of a `WebFirewall` on one load balancer."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        firewall: WebFirewall,
        resource_arn: str,
        encryption_key: kms.IKey | None,
        removal_policy: RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        acl = _Acl(
            self,
            "Acl",
            scope="REGIONAL",
            default_action=_Acl.DefaultActionProperty(allow=_Acl.AllowActionProperty()),
            visibility_config=_visible("all"),
            rules=_rules(firewall),
        )
        wafv2.CfnWebACLAssociation(self, "Association", resource_arn=resource_arn, web_acl_arn=acl.attr_arn)
        # WAF writes to no log group of another name.
        # https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html
        # The stack's own number is in it: a stack that is made again finds its name free, whatever the first one left.
        stack = Stack.of(self)
        number = Fn.select(2, Fn.split("/", stack.stack_id))
        name = f"aws-waf-logs-{Names.unique_resource_name(self, separator='-')}-{number}"
        log_group = logs.LogGroup(
            self,
            "LogGroup",
            log_group_name=name,
            retention=firewall.log_retention,
            encryption_key=encryption_key,
            removal_policy=removal_policy,
        )
        logging = wafv2.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=acl.attr_arn,
            # Without the ":*" at the end of the ARN that CloudFormation returns.
            log_destination_configs=[
                stack.format_arn(
                    service="logs", resource="log-group", resource_name=name, arn_format=ArnFormat.COLON_RESOURCE_NAME
                )
            ],
            logging_filter={
                "DefaultBehavior": "DROP",
                "Filters": [
                    {
                        "Behavior": "KEEP",
                        "Requirement": "MEETS_ANY",
                        "Conditions": [{"ActionCondition": {"Action": action}} for action in ("BLOCK", "COUNT")],
                    }
                ],
            },
            redacted_fields=[
                wafv2.CfnLoggingConfiguration.FieldToMatchProperty(single_header={"Name": header})
                for header in _SECRET_HEADERS
            ],
        )
        logging.node.add_dependency(log_group)


def _rules(firewall: WebFirewall) -> list[wafv2.CfnWebACL.RuleProperty]:
    rules = [
        _Acl.RuleProperty(
            name=group,
            priority=priority,
            override_action=_Acl.OverrideActionProperty(none={}),
            visibility_config=_visible(group),
            statement=_Acl.StatementProperty(
                managed_rule_group_statement=_Acl.ManagedRuleGroupStatementProperty(
                    vendor_name="AWS",
                    name=group,
                    rule_action_overrides=[
                        _Acl.RuleActionOverrideProperty(
                            name=rule, action_to_use=_Acl.RuleActionProperty(count=_Acl.CountActionProperty())
                        )
                        for rule in firewall.counted_rules.get(group, ())
                    ]
                    or None,
                )
            ),
        )
        for priority, group in enumerate(firewall.managed_rule_groups)
    ]
    if firewall.requests_per_ip is not None:
        header = firewall.forwarded_ip_header
        rules.append(
            _Acl.RuleProperty(
                name="RequestsPerIp",
                priority=len(rules),
                action=_Acl.RuleActionProperty(block=_Acl.BlockActionProperty()),
                visibility_config=_visible("RequestsPerIp"),
                statement=_Acl.StatementProperty(
                    rate_based_statement=_Acl.RateBasedStatementProperty(
                        aggregate_key_type="IP" if header is None else "FORWARDED_IP",
                        # A proxy at the user's may write "unknown": who can write anything is not stopped so anyway.
                        forwarded_ip_config=None
                        if header is None
                        else _Acl.ForwardedIPConfigurationProperty(header_name=header, fallback_behavior="NO_MATCH"),
                        limit=firewall.requests_per_ip,
                        evaluation_window_sec=_FIVE_MINUTES,
                    )
                ),
            )
        )
    return rules


def _visible(metric_name: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    return _Acl.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=metric_name, sampled_requests_enabled=True
    )
