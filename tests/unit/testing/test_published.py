"""Whatever another stack reads is not replaced without a failure."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_sns as sns
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


@pytest.mark.parametrize("name", [None, "/shop/other"])
def test_fails_for_a_parameter_itself_that_another_stack_reads(tmp_path: Path, name: str | None) -> None:
    old, new = Shop(tmp_path, "old"), Shop(tmp_path, "new")
    ssm.StringParameter(old.network, "Size", parameter_name="/shop/size", string_value="1")
    old.read(ssm.StringParameter.value_for_string_parameter(old.application, "/shop/size"))
    if name is not None:
        ssm.StringParameter(new.network, "Size", parameter_name=name, string_value="1")
    with pytest.raises(AssertionError, match="others read it: SSM parameter /shop/size, which Application reads"):
        assert_no_replacement(old, new)


class Regions(cdk.App):
    """A topic in one region, of which a stack in another one may read the name."""

    def __init__(self, folder: Path, topic_name: str, *, nested: bool = False, reads: bool = True) -> None:
        super().__init__(outdir=str(folder / f"{topic_name}-{reads}"), analytics_reporting=False)
        home, abroad = (
            cdk.Stack(
                self, name, env=cdk.Environment(account="111111111111", region=region), cross_region_references=True
            )
            for name, region in (("Home", "eu-west-1"), ("Abroad", "us-east-1"))
        )
        topic = sns.Topic(cdk.NestedStack(home, "Inner") if nested else home, "Topic", topic_name=topic_name)
        fixed = sns.Topic(home, "Fixed")
        cdk.CfnOutput(abroad, "Fixed", value=fixed.topic_name)
        if reads:
            cdk.CfnOutput(abroad, "Read", value=topic.topic_name)


@pytest.mark.parametrize("nested", [False, True])
def test_fails_for_what_a_stack_in_another_region_reads(tmp_path: Path, *, nested: bool) -> None:
    old, new = Regions(tmp_path, "old", nested=nested), Regions(tmp_path, "new", nested=nested)
    with pytest.raises(
        AssertionError, match="others read it: SSM parameter /cdk/exports/Abroad/.*, which Abroad reads"
    ):
        assert_no_replacement(old, new)


def test_fails_for_what_is_written_into_another_region_no_longer(tmp_path: Path) -> None:
    old, new = Regions(tmp_path, "topic"), Regions(tmp_path, "topic", reads=False)
    [found] = [one for one in replacements(old, new) if one.harmful]
    assert found.resource_type == "Custom::CrossRegionExportWriter"
    [reader] = found.readers
    assert reader.endswith("which Abroad reads")


def test_writing_more_into_another_region_takes_nothing_away(tmp_path: Path) -> None:
    old, new = Regions(tmp_path, "topic", reads=False), Regions(tmp_path, "topic")
    assert "Custom::CrossRegionExportWriter" in {one.resource_type for one in assert_no_replacement(old, new)}


class Nested(cdk.App):
    """Two nested stacks of which one has a topic, and their parent, which has one too."""

    def __init__(self, folder: Path, name: str) -> None:
        super().__init__(outdir=str(folder / name), analytics_reporting=False)
        self.parent = cdk.Stack(self, "Shop")
        self.one, self.other = cdk.NestedStack(self.parent, "One"), cdk.NestedStack(self.parent, "Other")
        self.inside = sns.Topic(self.one, "Inside", topic_name=f"{name}-inside")
        self.above = sns.Topic(self.parent, "Above", topic_name=f"{name}-above")

    def updated(self, folder: Path) -> list[list[str]]:
        return [list(one.readers) for one in replacements(self, Nested(folder, "new")) if "Topic" in one.resource_type]


def test_nobody_reads_a_nested_stack_unless_told(tmp_path: Path) -> None:
    assert Nested(tmp_path, "old").updated(tmp_path) == [[], []]


def test_a_nested_stack_beside_it_reads_what_it_is_passed(tmp_path: Path) -> None:
    old = Nested(tmp_path, "old")
    cdk.CfnOutput(old.other, "Read", value=old.inside.topic_arn)
    [[], [reader]] = old.updated(tmp_path)
    assert re.fullmatch(r"parameter \w+, which Shop/Other\w+ reads", reader)


def test_a_nested_stack_reads_what_its_parent_passes(tmp_path: Path) -> None:
    old = Nested(tmp_path, "old")
    cdk.CfnOutput(old.other, "Read", value=old.above.topic_arn)
    [[reader], []] = old.updated(tmp_path)
    assert re.fullmatch(r"parameter \w+, which Shop/Other\w+ reads", reader)


def test_a_parent_reads_what_its_nested_stack_returns(tmp_path: Path) -> None:
    old = Nested(tmp_path, "old")
    sns.Topic(old.parent, "Reader", display_name=old.inside.topic_arn)
    found = replacements(old, Nested(tmp_path, "new"))
    [reader] = next(one.readers for one in found if one.stack.startswith("Shop/One"))
    assert re.fullmatch(r"output \w+, which Shop reads", reader)


def test_nobody_misses_what_stays_beside_what_a_parent_reads(tmp_path: Path) -> None:
    old = Nested(tmp_path, "old")
    sns.Topic(old.parent, "Reader", display_name=sns.Topic(old.one, "Other").topic_arn)
    assert old.updated(tmp_path)[1] == []


def test_what_a_nested_stack_returns_may_go_on_to_other_stacks(tmp_path: Path) -> None:
    old = Nested(tmp_path, "old")
    cdk.CfnOutput(cdk.Stack(old, "Other"), "Read", value=old.inside.topic_arn)
    [[], [reader]] = old.updated(tmp_path)
    assert re.fullmatch(r"export Shop:\w+.*, which Other reads", reader)


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


def test_a_parameter_itself_counts_by_its_name_alone() -> None:
    parameters = {
        name: {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "1", **named}}
        for name, named in {"Named": {"Name": "/shop/size"}, "Unnamed": {}}.items()
    }
    found = {one.logical_id: list(one.readers) for one in replacements({"Resources": parameters}, {"Resources": {}})}
    assert found == {"Named": ["SSM parameter /shop/size, which no stack given here reads"], "Unnamed": []}


def test_another_resource_with_a_name_is_no_parameter() -> None:
    assert readers({"Resources": {"Group": {**GROUP, "Properties": {"GroupDescription": "old", "Name": "a"}}}}) == []


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
