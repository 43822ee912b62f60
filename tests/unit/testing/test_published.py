"""Whatever another stack reads is not replaced without a failure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ssm as ssm

from ecs_workloads.testing import assert_no_replacement, replacements


class Shop(cdk.App):
    """Two stacks: one has a security group, which holds nothing; the other one may read its id."""

    def __init__(self, folder: Path, description: str) -> None:
        super().__init__(outdir=str(folder / description), analytics_reporting=False)
        self.network, self.application = cdk.Stack(self, "Network"), cdk.Stack(self, "Application")
        vpc = ec2.Vpc.from_vpc_attributes(
            self.network, "Vpc", vpc_id="vpc-1", availability_zones=["a"], private_subnet_ids=["subnet-1"]
        )
        self.group = ec2.SecurityGroup(self.network, "Group", vpc=vpc, description=description)

    def read(self, value: str) -> None:
        cdk.CfnOutput(self.application, "Read", value=value)


def test_nobody_misses_what_nobody_reads(tmp_path: Path) -> None:
    [found] = assert_no_replacement(Shop(tmp_path, "old"), Shop(tmp_path, "new"))
    assert (found.name, found.outcome) == (f"Network.{found.logical_id}", "replaced")


def test_fails_for_what_another_stack_imports(tmp_path: Path) -> None:
    old, new = Shop(tmp_path, "old"), Shop(tmp_path, "new")
    old.read(old.group.security_group_id)
    with pytest.raises(
        AssertionError, match=r"others read it: export Network:ExportsOutput\w+, which Application reads"
    ):
        assert_no_replacement(old, new)


def test_fails_for_what_another_stack_reads_from_a_parameter(tmp_path: Path) -> None:
    old, new = Shop(tmp_path, "old"), Shop(tmp_path, "new")
    ssm.StringParameter(old.network, "GroupId", parameter_name="/shop/group", string_value=old.group.security_group_id)
    old.read(ssm.StringParameter.value_for_string_parameter(old.application, "/shop/group"))
    with pytest.raises(AssertionError, match="others read it: SSM parameter /shop/group, which Application reads"):
        assert_no_replacement(old, new)


def test_fails_for_what_another_stack_resolves_when_it_is_deployed(tmp_path: Path) -> None:
    old, new = Shop(tmp_path, "old"), Shop(tmp_path, "new")
    ssm.StringParameter(old.network, "GroupId", parameter_name="/shop/group", string_value=old.group.security_group_id)
    old.read(cdk.CfnDynamicReference(cdk.CfnDynamicReferenceService.SSM, "/shop/group:1").to_string())
    with pytest.raises(AssertionError, match="others read it: SSM parameter /shop/group, which Application reads"):
        assert_no_replacement(old, new)


def test_fails_for_an_output_that_another_stack_fetches(tmp_path: Path) -> None:
    old, new = Shop(tmp_path, "old"), Shop(tmp_path, "new")
    cdk.CfnOutput(old.network, "GroupId", value=old.group.security_group_id)
    old.read(cdk.Fn.get_stack_output("Network", "GroupId"))
    with pytest.raises(AssertionError, match="others read it: output GroupId, which Application reads"):
        assert_no_replacement(old, new)


GROUP = {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "old"}}
NEW_GROUP = {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "new"}}


def readers(old: dict[str, Any]) -> list[str]:
    found = {one.logical_id: one for one in replacements(old, {"Resources": {"Group": NEW_GROUP}})}
    return list(found["Group"].readers)


@pytest.mark.parametrize(
    "value",
    [{"Ref": "Group"}, {"Fn::GetAtt": ["Group", "GroupId"]}, {"Fn::GetAtt": "Group.GroupId"}, "${Group.GroupId}"],
)
def test_an_export_counts_whoever_reads_it(value: object) -> None:
    value = {"Fn::Sub": value} if isinstance(value, str) else value
    outputs = {"Out": {"Value": {"Fn::Join": ["", ["id ", value]]}, "Export": {"Name": "group"}}}
    found = readers({"Resources": {"Group": GROUP}, "Outputs": outputs})
    assert found == ["export group, which no stack given here reads"]


def test_an_output_that_is_only_shown_does_not_count() -> None:
    assert readers({"Resources": {"Group": GROUP}, "Outputs": {"Out": {"Value": {"Ref": "Group"}}}}) == []


def test_an_export_of_something_else_does_not_count() -> None:
    outputs = {"Out": {"Value": {"Fn::Sub": "${Other} ${!Group}"}, "Export": {"Name": "other"}}}
    assert readers({"Resources": {"Group": GROUP}, "Outputs": outputs}) == []


def test_a_parameter_without_a_name_counts_by_its_logical_id() -> None:
    parameter = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Ref": "Group"}}}
    found = readers({"Resources": {"Group": GROUP, "Parameter": parameter}})
    assert found == ["SSM parameter Parameter, which no stack given here reads"]


def test_a_parameter_that_carries_something_else_does_not_count() -> None:
    parameter = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Ref": "Other"}}}
    assert readers({"Resources": {"Group": GROUP, "Parameter": parameter}}) == []


def test_a_value_that_stays_inside_its_stack_does_not_count() -> None:
    user = {"Type": "AWS::Events::Rule", "Properties": {"Value": {"Ref": "Group"}}}
    assert readers({"Resources": {"Group": GROUP, "User": user, "Bare": {"Type": "AWS::SSM::Parameter"}}}) == []


def test_a_text_that_looks_like_the_name_of_a_parameter_reads_nothing(tmp_path: Path) -> None:
    old, new = Shop(tmp_path, "old"), Shop(tmp_path, "new")
    ssm.StringParameter(old.network, "GroupId", parameter_name="/shop/group", string_value=old.group.security_group_id)
    cdk.CfnParameter(old.application, "Path", default="/shop/group")
    with pytest.raises(AssertionError, match="SSM parameter /shop/group, which no stack given here reads"):
        assert_no_replacement(old, new)
