"""What policy packs find in this application and is as we want it. What the library makes is in its own list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk

from stacks.environments import Environment

# They read templates, after the app has ended.
CHECKOV = "checkov"
SECURITY_HUB = "Security Hub"
_COMPLIANCE = ("HIPAA.Security", "NIST.800.53.R4", "NIST.800.53.R5", "PCI.DSS.321")


@dataclass(frozen=True, kw_only=True)
class AcceptedFinding:
    """One rule that stacks of one layer break on purpose."""

    layer: str
    rule: str
    packs: Sequence[str] = _COMPLIANCE
    reason: str


ALWAYS = (
    AcceptedFinding(
        layer="Network",
        rule="VPCDefaultSecurityGroupClosed",
        reason="Nothing uses the default group. Only a Lambda function empties it, which breaks three rules of checkov",
    ),
    AcceptedFinding(
        layer="Network",
        rule="VPCNoUnrestrictedRouteToIGW",
        packs=("HIPAA.Security", "NIST.800.53.R5", "PCI.DSS.321"),
        reason="The load balancer is in the public subnets, and users come from everywhere",
    ),
    AcceptedFinding(
        layer="Network",
        rule="EC2.2",
        packs=(SECURITY_HUB,),
        reason="Nothing uses the default group. Only a Lambda function empties it, which breaks three rules of checkov",
    ),
    AcceptedFinding(
        layer="Network",
        rule="IAMNoInlinePolicy",
        reason="aws_cdk writes each grant into a policy inside the one role that it is for: that of the flow log",
    ),
)
WITHOUT_DOMAIN = (
    AcceptedFinding(
        layer="Application",
        rule="ALBHttpToHttpsRedirection",
        reason="An environment without a domain has no certificate, and speaks plain HTTP",
    ),
    AcceptedFinding(
        layer="Application",
        rule="ELBv2ACMCertificateRequired",
        packs=("HIPAA.Security", "NIST.800.53.R5", "PCI.DSS.321"),
        reason="An environment without a domain has no certificate, and speaks plain HTTP",
    ),
    *(
        AcceptedFinding(
            layer="Application",
            rule=rule,
            packs=(CHECKOV,),
            reason="An environment without a domain has no certificate, and speaks plain HTTP",
        )
        for rule in ("CKV_AWS_2", "CKV_AWS_103")
    ),
    *(
        AcceptedFinding(
            layer="Application",
            rule=rule,
            packs=(SECURITY_HUB,),
            reason="An environment without a domain has no certificate, and speaks plain HTTP",
        )
        for rule in ("ELB.1", "ELB.18")
    ),
)
UNPROTECTED = (
    AcceptedFinding(
        layer="Application",
        rule="ELBDeletionProtectionEnabled",
        packs=("HIPAA.Security", "NIST.800.53.R4", "NIST.800.53.R5"),
        reason="An environment that is not protected is there to be deleted",
    ),
    AcceptedFinding(
        layer="Application",
        rule="ELB.6",
        packs=(SECURITY_HUB,),
        reason="An environment that is not protected is there to be deleted",
    ),
    *(
        AcceptedFinding(
            layer="Data",
            rule=rule,
            packs=packs,
            reason="Point-in-time recovery is on. A vault with backups cannot be deleted, and outlives the environment",
        )
        for rule, packs in (
            ("DynamoDBInBackupPlan", ("HIPAA.Security", "NIST.800.53.R4", "NIST.800.53.R5")),
            ("DynamoDB.4", (SECURITY_HUB,)),
        )
    ),
    AcceptedFinding(
        layer="Data",
        rule="DynamoDB.6",
        packs=(SECURITY_HUB,),
        reason="An environment that is not protected is there to be deleted",
    ),
)
PROTECTED = (
    AcceptedFinding(
        layer="Data",
        rule="IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup]",
        packs=("AwsSolutions",),
        reason="AWS keeps the policy of AWS Backup in step; with one of ours, backups could fail when they need more",
    ),
)


EVERY = (*ALWAYS, *WITHOUT_DOMAIN, *UNPROTECTED, *PROTECTED)


def accept_findings(layers: Sequence[cdk.Stack], environment: Environment) -> None:
    """Acknowledge what ``environment`` breaks on purpose."""
    wanted = [
        *ALWAYS,
        *(WITHOUT_DOMAIN if environment.domain is None and environment.listener is None else ()),
        *(PROTECTED if environment.protected else UNPROTECTED),
    ]
    for stack in layers:
        acknowledgments = [
            cdk.Acknowledgment(id=f"{pack}::{pack}-{one.rule}", reason=one.reason)
            for one in wanted
            if one.layer == stack.node.id
            for pack in one.packs
            if pack not in (CHECKOV, SECURITY_HUB)
        ]
        if acknowledgments:
            cdk.Validations.of(stack).acknowledge(*acknowledgments)
