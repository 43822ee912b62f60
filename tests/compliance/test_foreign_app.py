"""Whoever uses the library and attaches policy packs sees the findings of the own app alone."""

from __future__ import annotations

import cdk_nag
import pytest

from ecs_workloads.testing import Finding, findings
from tests.compliance.foreign_app import foreign_app

PACKS = (
    cdk_nag.HIPAASecurityChecks,
    cdk_nag.NIST80053R4Checks,
    cdk_nag.NIST80053R5Checks,
    cdk_nag.PCIDSS321Checks,
    cdk_nag.ServerlessChecks,
)
OWN = ("Vpc", "OtherVpc", "Key", "Topic", "BesideCluster", "ApartCluster")
# What the app could mend with an argument that it leaves out.
LEFT_OUT = {
    "CloudWatchLogGroupEncrypted": "encryption_key",
    "SecretsManagerUsingKMSKey": "encryption_key",
    "CloudWatchAlarmAction": "topics",
    "ELBv2ACMCertificateRequired": "InternalLoadBalancer.certificate",
    "ALBHttpToHttpsRedirection": "InternalLoadBalancer.certificate",
    # A web ACL before an internal load balancer is the app's own: WebServer has firewall.
    "ALBWAFEnabled": "",
}


def is_own(finding: Finding) -> bool:
    """Tell whether a construct is the app's, not the library's."""
    return finding.construct_path.startswith(tuple(f"Shop/{name}" for name in OWN))


@pytest.mark.parametrize("region", [None, "eu-west-1"])
def test_a_foreign_app_sees_only_its_own_findings(region: str | None) -> None:
    app = foreign_app(region)
    found = findings(app, [cdk_nag.AwsSolutionsChecks(app)])

    assert {one.rule for one in found if is_own(one)} >= {"AwsSolutions-VPC7", "AwsSolutions-KMS5", "AwsSolutions-S1"}
    assert [str(one) for one in found if not is_own(one)] == []


def test_the_other_packs_find_what_the_app_left_out() -> None:
    app = foreign_app()
    found = findings(app, [pack(app) for pack in PACKS])

    assert {one.rule.rpartition("-")[2] for one in found if not is_own(one)} == LEFT_OUT.keys()
