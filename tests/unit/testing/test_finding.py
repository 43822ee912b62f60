"""Tests of the assertion about what policy packs find."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template
from constructs import IValidation

from ecs_workloads.testing import assert_no_findings, findings

cdk_nag = pytest.importorskip("cdk_nag", reason="cdk-nag 3 needs newer versions than the lowest of the library")


@jsii.implements(IValidation)
class Nameless:
    """A rule of a user, which is broken."""

    def validate(self) -> list[str]:
        return ["no name today"]


@pytest.fixture
def app(tmp_path: Path) -> cdk.App:
    return cdk.App(outdir=str(tmp_path), analytics_reporting=False)


def queue(app: cdk.App) -> sqs.Queue:
    """Return a queue that answers without TLS and has no dead-letter queue."""
    return sqs.Queue(cdk.Stack(app, "Shop"), "Orders")


def accept(queue: sqs.Queue, rule: str) -> None:
    cdk.Validations.of(queue).acknowledge(cdk.Acknowledgment(id=rule, reason="a test, which loses nothing"))


def test_a_finding_is_told_with_rule_construct_and_what_to_do(app: cdk.App) -> None:
    accept(queue(app), "AwsSolutions::AwsSolutions-SQS3")
    with pytest.raises(AssertionError) as failure:
        assert_no_findings(app, [cdk_nag.AwsSolutionsChecks(app)])
    assert str(failure.value) == (
        "1 finding of policy packs:\n"
        "AwsSolutions-SQS4 (error) at Shop/Orders/Resource\n"
        "  The SQS queue does not require requests to use SSL.\n"
        "  Mend the construct; or, where that cannot be, acknowledge 'AwsSolutions::AwsSolutions-SQS4' at it with a "
        "reason"
    )


def test_what_is_to_be_acknowledged_can_be(app: cdk.App) -> None:
    orders = queue(app)
    for finding in findings(app, [cdk_nag.AwsSolutionsChecks(app)]):
        accept(orders, finding.acknowledgement)
    assert_no_findings(app, [cdk_nag.AwsSolutionsChecks(app)])


@pytest.mark.parametrize("prefix", ["AwsSolutions::", ""])
def test_both_forms_of_an_acknowledgement_count(app: cdk.App, prefix: str) -> None:
    orders = queue(app)
    for rule in ("AwsSolutions-SQS3", "AwsSolutions-SQS4"):
        accept(orders, f"{prefix}{rule}")
    assert_no_findings(app, [cdk_nag.AwsSolutionsChecks(app)])


def test_each_pack_finds_its_own(app: cdk.App) -> None:
    queue(app)
    found = findings(app, [cdk_nag.AwsSolutionsChecks(app), cdk_nag.ServerlessChecks(app)])
    assert {one.pack for one in found} == {"AwsSolutions", "Serverless"}


def test_a_finding_of_an_item_names_the_item(app: cdk.App) -> None:
    principal = iam.AccountRootPrincipal()
    role = iam.Role(
        cdk.Stack(app, "Shop"),
        "Role",
        assumed_by=principal,  # pyright: ignore[reportArgumentType]  # jsii#4541
    )
    role.add_to_policy(iam.PolicyStatement(actions=["sqs:SendMessage"], resources=["*"]))
    [found] = findings(app, [cdk_nag.AwsSolutionsChecks(app)])
    assert found.rule == "AwsSolutions-IAM5[Resource::*]"
    assert found.construct_path == "Shop/Role/DefaultPolicy/Resource"


def test_the_stacks_of_stages_are_looked_at(app: cdk.App) -> None:
    sqs.Queue(cdk.Stack(cdk.Stage(app, "Dev"), "Shop"), "Orders")
    found = findings(app, [cdk_nag.AwsSolutionsChecks(app)])
    assert {one.construct_path for one in found} == {"Dev/Shop/Orders/Resource"}


def test_an_app_that_was_synthesised_before_is_looked_at_as_it_is_now(app: cdk.App) -> None:
    stack = cdk.Stack(app, "Shop")
    assert Template.from_stack(stack).to_json().get("Resources", {}) == {}
    sqs.Queue(stack, "Orders")
    assert len(findings(app, [cdk_nag.AwsSolutionsChecks(app)])) == 2


def test_a_second_look_tells_each_finding_once(app: cdk.App) -> None:
    queue(app)
    findings(app, [cdk_nag.AwsSolutionsChecks(app)])
    found = findings(app, [cdk_nag.AwsSolutionsChecks(app)])
    assert len(found) == len(set(found)) == 2


def test_an_app_that_cannot_be_synthesised_says_why(app: cdk.App) -> None:
    queue(app)
    app.node.add_validation(Nameless())
    with pytest.raises(RuntimeError, match="no name today"):
        findings(app, [cdk_nag.AwsSolutionsChecks(app)])


def test_fails_without_a_pack(app: cdk.App) -> None:
    with pytest.raises(ValueError, match="packs must name at least one pack, such as cdk_nag.AwsSolutionsChecks"):
        assert_no_findings(app, [])
