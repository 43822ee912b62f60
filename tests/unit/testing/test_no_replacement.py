"""Tests of the assertion about what an update would replace."""

from __future__ import annotations

from typing import Any

import pytest

from ecs_workloads.testing import Replacement, assert_no_replacement, replacements

QUEUE, LOG_GROUP, TARGET_GROUP = "AWS::SQS::Queue", "AWS::Logs::LogGroup", "AWS::ElasticLoadBalancingV2::TargetGroup"
VPC = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}}
OTHER_VPC = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.1.0.0/16"}}


def resource(kind: str, attributes: dict[str, Any] | None = None, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties, **(attributes or {})}


def template(**resources: Any) -> dict[str, Any]:
    return {"Resources": resources}


def told(old: dict[str, Any], new: dict[str, Any]) -> dict[str, str]:
    return {one.logical_id: f"{one.outcome}: {'; '.join(one.reasons)}" for one in replacements(old, new)}


def only(old: dict[str, Any], new: dict[str, Any]) -> Replacement:
    [found] = replacements(old, new)
    return found


def test_nothing_is_replaced_where_nothing_changes() -> None:
    queue = template(Orders=resource(QUEUE, FifoQueue=True))
    assert assert_no_replacement(queue, queue) == []


def test_a_new_resource_replaces_nothing() -> None:
    assert assert_no_replacement(template(), template(Orders=resource(QUEUE))) == []


def test_a_removed_resource_is_named() -> None:
    found = told(template(Orders=resource(QUEUE)), template())
    assert found == {"Orders": "removed: the new template has no resource of that name"}


def test_a_resource_under_another_name_gets_a_hint() -> None:
    kept = {"Kept": resource(QUEUE)}
    old = template(Orders=resource(QUEUE), **kept)
    found = told(old, template(Commands=resource(QUEUE), Logs=resource(LOG_GROUP), **kept))
    assert found["Orders"].endswith("; Commands is new: did a construct's id or place change?")


def test_a_changed_type_is_named() -> None:
    found = only(template(Orders=resource(QUEUE)), template(Orders=resource("AWS::SNS::Topic")))
    assert found.outcome == "replaced"
    assert found.resource_type == QUEUE
    assert found.reasons == ["its type becomes AWS::SNS::Topic, for which CloudFormation refuses the update"]


def test_the_value_before_and_after_is_told() -> None:
    found = only(template(Orders=resource(QUEUE, FifoQueue=True)), template(Orders=resource(QUEUE)))
    assert found.reasons == ["FifoQueue is create-only and changes from true to nothing"]


def test_a_long_value_is_cut() -> None:
    found = only(template(Orders=resource(QUEUE, QueueName="x" * 80)), template(Orders=resource(QUEUE)))
    assert found.reasons == [f"QueueName is create-only and changes from {'x' * 57}... to nothing"]


@pytest.mark.parametrize(("before", "after"), [(80, "80"), (True, "true"), ([1], ["1"]), ({"a": 1}, {"a": "1"})])
def test_the_same_value_in_another_type_is_the_same(before: object, after: object) -> None:
    assert (
        told(template(One=resource(TARGET_GROUP, Port=before)), template(One=resource(TARGET_GROUP, Port=after))) == {}
    )


def test_the_same_word_in_other_letters_is_another_one() -> None:
    assert told(template(One=resource(QUEUE, QueueName="a")), template(One=resource(QUEUE, QueueName="A")))


def test_a_part_is_told_once_with_its_whole() -> None:
    old, new = (
        template(Images=resource("AWS::ECR::Repository", EncryptionConfiguration={"EncryptionType": kind}))
        for kind in ("AES256", "KMS")
    )
    assert len(only(old, new).reasons) == 1


def test_what_refers_to_a_replaced_resource_in_a_create_only_property_is_replaced_with_it() -> None:
    group = resource(TARGET_GROUP, VpcId={"Ref": "Vpc"})
    found = told(template(Group=group, Vpc=VPC), template(Group=group, Vpc=OTHER_VPC))
    assert found["Group"] == "replaced: VpcId refers to Vpc, which is replaced"


def test_it_goes_on_from_there() -> None:
    subnet = resource("AWS::EC2::Subnet", VpcId={"Ref": "Vpc"})
    target = resource("AWS::EFS::MountTarget", SubnetId={"Fn::Sub": "${Subnet}"})
    found = told(template(A=target, Subnet=subnet, Vpc=VPC), template(A=target, Subnet=subnet, Vpc=OTHER_VPC))
    assert found["A"] == "replaced: SubnetId refers to Subnet, which is replaced"


def test_what_reads_an_attribute_of_a_replaced_resource_may_be_replaced() -> None:
    group = resource(TARGET_GROUP, VpcId={"Fn::GetAtt": ["Vpc", "VpcId"]})
    found = told(template(Group=group, Vpc=VPC), template(Group=group, Vpc=OTHER_VPC))
    assert found["Group"] == "may be replaced: VpcId refers to Vpc, which is replaced"


def test_what_may_be_replaced_makes_nothing_certain() -> None:
    table, other = (resource("AWS::DynamoDB::Table", KeySchema=[{"AttributeName": name}]) for name in ("a", "b"))
    user = resource("AWS::SSM::Parameter", Name={"Ref": "Table"})
    assert told(template(Name=user, Table=table), template(Name=user, Table=other)).keys() == {"Name", "Table"}
    assert told(template(Name=user, Table=table), template(Name=user, Table=other))["Name"].startswith("may be")


def test_a_reference_in_any_other_property_is_no_reason() -> None:
    endpoint = resource("AWS::EC2::FlowLog", Tags=[{"Key": "vpc", "Value": {"Ref": "Vpc"}}])
    assert told(template(Log=endpoint, Vpc=VPC), template(Log=endpoint, Vpc=OTHER_VPC)).keys() == {"Vpc"}


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("Parameters", {"Ref": "Name"}),
        ("Mappings", {"Fn::FindInMap": ["Name", "a", "b"]}),
        ("Conditions", {"Fn::If": ["Name", "a", "b"]}),
    ],
)
def test_a_changed_definition_may_replace_what_refers_to_it(part: str, value: object) -> None:
    resources = template(Orders=resource(QUEUE, QueueName=value))
    found = told({**resources, part: {"Name": {"Default": "a"}}}, {**resources, part: {"Name": {"Default": "b"}}})
    assert found == {"Orders": "may be replaced: QueueName refers to Name, whose value may change"}


def test_an_unchanged_definition_replaces_nothing() -> None:
    resources = template(Orders=resource(QUEUE, QueueName={"Ref": "Name"}))
    old, new = ({**resources, "Parameters": {"Name": {"Default": "a"}, "Size": {"Default": size}}} for size in (1, 2))
    assert told(old, new) == {}


def test_a_function_in_the_way_of_a_part_counts_as_a_whole() -> None:
    old, new = (
        template(Box=resource("AWS::Batch::ComputeEnvironment", ComputeResources={"Fn::If": ["C", {"a": value}, {}]}))
        for value in (1, 2)
    )
    assert told(old, new)["Box"].startswith("replaced: ComputeResources/")


@pytest.mark.parametrize(("before", "after"), [(None, "Wanted"), ("Asked", "Wanted")])
def test_a_changed_condition_may_remove(before: str | None, after: str) -> None:
    old = template(Orders=resource(QUEUE, {"Condition": before} if before else {}))
    found = only(old, template(Orders=resource(QUEUE, {"Condition": after})))
    assert found.outcome == "may be removed"
    assert found.reasons == [f"its condition changes from {before or 'nothing'} to {after}"]


def equal(one: object, other: object) -> dict[str, Any]:
    return {"Fn::Equals": [one, other]}


# What a condition asks, and two definitions of that, of which the condition has another answer each.
ASKED: dict[str, tuple[object, dict[str, Any], dict[str, Any]]] = {
    "itself": (equal("a", "a"), {"Conditions": {"Wanted": equal("a", "b")}}, {}),
    "another condition": (
        {"Fn::Not": [{"Condition": "Other"}]},
        {"Conditions": {"Other": equal("a", "a")}},
        {"Conditions": {"Other": equal("a", "b")}},
    ),
    "a third condition": (
        {"Fn::Not": [{"Condition": "Other"}]},
        {"Conditions": {"Other": {"Fn::And": [{"Condition": "Third"}]}, "Third": equal("a", "a")}},
        {"Conditions": {"Other": {"Fn::And": [{"Condition": "Third"}]}, "Third": equal("a", "b")}},
    ),
    "a parameter": (
        equal({"Ref": "Stage"}, "dev"),
        {"Parameters": {"Stage": {"Type": "String", "Default": "dev"}}},
        {"Parameters": {"Stage": {"Type": "String", "Default": "prod"}}},
    ),
    "a mapping": (
        equal({"Fn::FindInMap": ["Sizes", "a", "b"]}, "x"),
        {"Mappings": {"Sizes": {"a": {"b": "x"}}}},
        {"Mappings": {"Sizes": {"a": {"b": "y"}}}},
    ),
}


def asking(resources: dict[str, Any], condition: object, definitions: dict[str, Any]) -> dict[str, Any]:
    conditions = {"Wanted": condition, **definitions.get("Conditions", {})}
    return {**resources, **definitions, "Conditions": conditions}


@pytest.mark.parametrize(("condition", "before", "after"), ASKED.values(), ids=ASKED)
def test_a_condition_with_another_answer_may_remove(
    condition: object, before: dict[str, Any], after: dict[str, Any]
) -> None:
    queue = template(Orders=resource(QUEUE, {"Condition": "Wanted"}))
    found = only(asking(queue, condition, before), asking(queue, condition, after))
    assert found.outcome == "may be removed"
    assert found.reasons == ["its condition is Wanted, which may have another answer"]
    assert found.harmful


@pytest.mark.parametrize(("condition", "before", "after"), ASKED.values(), ids=ASKED)
def test_a_value_that_hangs_on_a_condition_with_another_answer_may_replace(
    condition: object, before: dict[str, Any], after: dict[str, Any]
) -> None:
    queue = template(Orders=resource(QUEUE, QueueName={"Fn::If": ["Wanted", "a", "b"]}))
    found = told(asking(queue, condition, before), asking(queue, condition, after))
    assert found == {"Orders": "may be replaced: QueueName refers to Wanted, whose value may change"}


def test_a_condition_that_stays_removes_nothing() -> None:
    same = {**template(Orders=resource(QUEUE, {"Condition": "Wanted"})), "Conditions": {"Wanted": True}}
    assert told(same, {**same, "Conditions": {"Wanted": True, "Other": {"Condition": "Wanted"}}}) == {}


def test_a_condition_that_is_dropped_removes_nothing() -> None:
    assert told(template(Orders=resource(QUEUE, {"Condition": "Asked"})), template(Orders=resource(QUEUE))) == {}


def test_an_unknown_type_is_said_to_be_unknown_and_fails() -> None:
    old, new = (template(Orders=resource("AWS::SQS::Qeue", Size=size)) for size in (1, 2))
    with pytest.raises(AssertionError, match=r"no schema of CloudFormation knows 'AWS::SQS::Qeue' \(did you mean"):
        assert_no_replacement(old, new)
    assert only(old, new).outcome == "may be replaced"


def test_an_unknown_type_that_does_not_change_is_nobodys_concern() -> None:
    same = template(Cluster=resource("MongoDB::Atlas::Cluster", Size=1))
    assert assert_no_replacement(same, same) == []


def test_a_custom_resource_may_be_replaced_by_its_handler() -> None:
    old, new = (template(Seed=resource("Custom::Seed", ServiceToken="arn", Version=version)) for version in (1, 2))
    [found] = assert_no_replacement(old, new)
    assert found.outcome == "may be replaced"
    assert found.reasons == ["its properties change, and its own handler decides what that means"]


def test_another_handler_replaces_a_custom_resource() -> None:
    old, new = (template(Seed=resource("Custom::Seed", ServiceToken=arn)) for arn in ("a", "b"))
    found = only(old, new)
    assert (found.outcome, len(found.reasons)) == ("replaced", 1)


def test_a_custom_resource_that_stays_the_same_is_left_alone() -> None:
    same = template(Seed=resource("Custom::Seed", ServiceToken="arn"), Note=resource("AWS::CDK::Metadata", A=1))
    assert told(same, template(Seed=same["Resources"]["Seed"], Note=resource("AWS::CDK::Metadata", A=2))) == {}


def test_fails_for_a_resource_that_holds_data() -> None:
    with pytest.raises(AssertionError) as failure:
        assert_no_replacement(template(Orders=resource(QUEUE, FifoQueue=True)), template(Orders=resource(QUEUE)))
    assert str(failure.value) == (
        "the update replaces or removes what holds data, or what others read (1):\n\n"
        "Orders (AWS::SQS::Queue): replaced\n"
        "  because FifoQueue is create-only and changes from true to nothing\n"
        "  it holds data: what it holds is deleted\n\n"
        "Where that is meant: assert_no_replacement(..., accepted=['Orders'])"
    )


@pytest.mark.parametrize("kind", ["AWS::SQS::Queue", "AWS::ECR::Repository", "AWS::RDS::DBInstance", "AWS::KMS::Key"])
def test_types_that_hold_data_are_known(kind: str) -> None:
    assert only(template(One=resource(kind)), template()).stateful


def test_harmless_replacements_are_returned() -> None:
    kind = "AWS::ECS::TaskDefinition"
    [found] = assert_no_replacement(template(Task=resource(kind, Cpu="256")), template(Task=resource(kind, Cpu="512")))
    assert (found.name, found.stateful, found.data) == ("Task", False, "")


def test_a_failure_names_the_harmless_ones_too() -> None:
    group = resource(TARGET_GROUP, Port=80)
    with pytest.raises(AssertionError, match="These too, without harm:\nGroup .*: removed because the new template"):
        assert_no_replacement(template(Orders=resource(QUEUE), Group=group), template())


def test_more_types_can_be_said_to_hold_data() -> None:
    old = template(Disk=resource("Acme::Disk::Volume"))
    assert replacements(old, template())[0].harmful is False
    with pytest.raises(AssertionError, match="it holds data: what it holds is deleted"):
        assert_no_replacement(old, template(), stateful=["Acme::Disk::Volume"])


def test_what_is_accepted_passes_and_is_returned() -> None:
    [found] = assert_no_replacement(template(Orders=resource(QUEUE)), template(), accepted=["Orders"])
    assert found.stateful


def test_fails_for_something_accepted_that_is_not_replaced() -> None:
    with pytest.raises(AssertionError, match="accepted, but neither replaced nor removed: Orders"):
        assert_no_replacement(template(), template(), accepted=["Orders"])


def test_a_misspelt_name_among_the_accepted_is_told_beside_what_does_harm() -> None:
    with pytest.raises(AssertionError, match="neither replaced nor removed: Order\n\nWhere that is meant: .*'Orders'"):
        assert_no_replacement(template(Orders=resource(QUEUE)), template(), accepted=["Order"])


def test_fails_for_a_misspelt_type_among_the_stateful() -> None:
    with pytest.raises(ValueError, match="stateful names 'AWS::SQS::Qeue', .* know .did you mean 'AWS::SQS::Queue'"):
        replacements(template(), template(), stateful=["AWS::SQS::Qeue"])


@pytest.mark.parametrize(
    ("kind", "attributes", "data"),
    [
        (QUEUE, {}, "what it holds is deleted"),
        (QUEUE, {"DeletionPolicy": "Retain"}, "what it holds stays behind, in a resource that no stack has any more"),
        (QUEUE, {"DeletionPolicy": "RetainExceptOnCreate"}, "what it holds stays behind, in a resource that no stack"),
        ("AWS::RDS::DBInstance", {"DeletionPolicy": "Snapshot"}, "a snapshot stays, and nothing restores it"),
        ("AWS::RDS::DBInstance", {}, "a snapshot stays, and nothing restores it"),
        ("AWS::RDS::DBInstance", {"UpdateReplacePolicy": "Retain"}, "a snapshot stays, and nothing restores it"),
        ("AWS::EFS::AccessPoint", {}, "what is in its folder stays on the file system, where no task looks for it any"),
    ],
)
def test_the_policy_says_what_becomes_of_the_data_of_a_removed_resource(
    kind: str, attributes: dict[str, Any], data: str
) -> None:
    assert only(template(One=resource(kind, attributes)), template()).data.startswith(data)


def test_an_instance_of_a_database_cluster_leaves_no_snapshot() -> None:
    old = template(One=resource("AWS::RDS::DBInstance", DBClusterIdentifier="cluster"))
    assert only(old, template()).data == "what it holds is deleted"


@pytest.mark.parametrize(
    ("attributes", "data"),
    [
        ({"DeletionPolicy": "Retain"}, "what it holds is deleted"),
        ({"UpdateReplacePolicy": "Retain"}, "what it holds stays behind, in a resource that no stack has any more"),
    ],
)
def test_the_policy_says_what_becomes_of_the_data_of_a_replaced_resource(attributes: dict[str, Any], data: str) -> None:
    old, new = (template(One=resource(QUEUE, attributes, QueueName=name)) for name in ("a", "b"))
    assert only(old, new).data == data


def test_another_folder_of_a_file_system_is_empty() -> None:
    kind = "AWS::EFS::AccessPoint"
    old, new = (template(One=resource(kind, FileSystemId=name)) for name in ("a", "b"))
    assert only(old, new).data.startswith("what is in its folder stays on the file system")


def test_the_construct_is_named() -> None:
    queue = resource(QUEUE, {"Metadata": {"aws:cdk:path": "Shop/Orders/Resource"}})
    assert "Orders (AWS::SQS::Queue, Shop/Orders/Resource): removed" in str(only(template(Orders=queue), template()))


def test_a_template_before_its_transforms_is_refused() -> None:
    unfinished: dict[str, Any] = {"Resources": {"Fn::ForEach::Queues": ["Name", ["a"], {}]}}
    with pytest.raises(ValueError, match="Resources holds 'Fn::ForEach::Queues', which is no object"):
        replacements(unfinished, unfinished)
