"""What a web server's load balancer refuses to pass on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import aws_logs as logs

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import check_name, check_range, require, suggestion
from ecs_workloads._managed_rules import meant_rule

_COMMON = "AWSManagedRulesCommonRuleSet"
_BAD_INPUTS = "AWSManagedRulesKnownBadInputsRuleSet"
_REPUTATION = "AWSManagedRulesAmazonIpReputationList"
# Groups of AWS that need no settings of their own.
# https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
_GROUPS = (
    _COMMON,
    _BAD_INPUTS,
    _REPUTATION,
    "AWSManagedRulesAdminProtectionRuleSet",
    "AWSManagedRulesAnonymousIpList",
    "AWSManagedRulesLinuxRuleSet",
    "AWSManagedRulesPHPRuleSet",
    "AWSManagedRulesSQLiRuleSet",
    "AWSManagedRulesUnixRuleSet",
    "AWSManagedRulesWindowsRuleSet",
    "AWSManagedRulesWordPressRuleSet",
)


def _count_large_bodies() -> dict[str, Sequence[str]]:
    return {_COMMON: ("SizeRestrictions_BODY",)}


@checks_arguments
@dataclass(frozen=True, kw_only=True)
class WebFirewall:
    """AWS WAF in front of a web server: rules of AWS, and a limit on the requests from one address.

    What it blocks is logged, without cookies and authorization headers.

    Args:
        managed_rule_groups: Groups of AWS, in the order in which they look at a request. Defaults to addresses of bad
            reputation, the common attacks, and inputs known to be bad, such as those of Log4j.
        counted_rules: Rules of each group that only count what they would block. Defaults to the one that blocks
            every body above 8 KiB, and with it uploads.
        requests_per_ip: Requests from one address in five minutes above which it is blocked, 10 to 2 000 000 000.
            Defaults to 10000, some 33 a second; ``None`` for no limit.
        forwarded_ip_header: Header by whose first address requests are counted, where a proxy connects for everybody:
            ``X-Forwarded-For`` behind CloudFront. A request without an address there is not counted, and a client
            that writes one itself is counted by that: a limit in the web ACL of the proxy is stricter. Defaults to the
            address that connects.
            https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-forwarded-ip-address.html
        log_retention: How long the log is kept. Defaults to three months.

    Raises:
        ValueError: A group is unknown or named twice, ``counted_rules`` names a group that is not used or misspells a
            rule, there is no rule at all, the limit is out of its range, or the header is no name of one or has no
            limit.
        TypeError: An argument is of another kind.
    """

    managed_rule_groups: Sequence[str] = (_REPUTATION, _COMMON, _BAD_INPUTS)
    counted_rules: Mapping[str, Sequence[str]] = field(default_factory=_count_large_bodies)
    requests_per_ip: int | None = 10_000
    forwarded_ip_header: str | None = None
    log_retention: logs.RetentionDays = logs.RetentionDays.THREE_MONTHS

    def __post_init__(self) -> None:
        for name in self.managed_rule_groups:
            require(
                name in _GROUPS,
                "WebFirewall",
                f"managed_rule_groups must be of {', '.join(_GROUPS)}, got {name!r}{suggestion(name, _GROUPS)}",
            )
        groups = list(self.managed_rule_groups)
        require(len(set(groups)) == len(groups), "WebFirewall", f"managed_rule_groups name one twice, got {groups}")
        unused = sorted(self.counted_rules.keys() - set(groups) - {_COMMON})
        require(not unused, "WebFirewall", f"counted_rules name groups that are not used: {', '.join(unused)}")
        # WAF takes the name of a rule that is none, and counts nothing.
        for rule in (one for rules in self.counted_rules.values() for one in rules):
            meant = meant_rule(rule)
            require(meant is None, "WebFirewall", f"counted_rules names no rule {rule!r} (did you mean {meant!r}?)")
        require(
            bool(groups) or self.requests_per_ip is not None,
            "WebFirewall",
            "needs managed_rule_groups or requests_per_ip; firewall=None is a web server without any",
        )
        if self.requests_per_ip is not None:
            check_range("WebFirewall", "requests_per_ip", self.requests_per_ip, 10, 2_000_000_000)
        if self.forwarded_ip_header is not None:
            require(self.requests_per_ip is not None, "WebFirewall", "forwarded_ip_header needs requests_per_ip")
            check_name(
                "WebFirewall",
                "forwarded_ip_header",
                self.forwarded_ip_header,
                r"[A-Za-z0-9-]{1,255}",
                "the name of a header",
            )
