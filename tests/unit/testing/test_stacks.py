"""All that users have in their hands can be compared."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template

from ecs_workloads.testing import replacements
from ecs_workloads.testing._stacks import TemplateSource


def shop(folder: Path, *, fifo: bool) -> cdk.Stack:
    """Return a stack of an app that writes into ``folder``."""
    app = cdk.App(outdir=str(folder), analytics_reporting=False)
    stack = cdk.Stack(app, "Shop")
    sqs.Queue(stack, "Orders", fifo=fifo or None)
    cdk.Stack(app, "Other")
    return stack


def file_of(stack: cdk.Stack) -> str:
    file = Path(app_of(stack).outdir) / "a.json"
    file.write_text(json.dumps(Template.from_stack(stack).to_json()), encoding="utf-8")
    return str(file)


def app_of(stack: cdk.Stack) -> cdk.App:
    app = stack.node.root
    assert isinstance(app, cdk.App)
    return app


BARE: dict[str, Callable[[cdk.Stack], TemplateSource]] = {
    "template": Template.from_stack,
    "json": lambda stack: Template.from_stack(stack).to_json(),
    "file": file_of,
    "path": lambda stack: Path(file_of(stack)),
}
NAMED: dict[str, Callable[[cdk.Stack], TemplateSource]] = {
    "stack": lambda stack: stack,
    "app": app_of,
    "assembly": lambda stack: app_of(stack).synth(),
    "folder": lambda stack: app_of(stack).synth().directory,
}


@pytest.mark.parametrize("old", BARE.values(), ids=BARE)
@pytest.mark.parametrize("new", [*BARE.values(), NAMED["stack"]], ids=[*BARE, "stack"])
def test_templates_are_compared_whatever_they_are_called(
    old: Callable[[cdk.Stack], TemplateSource], new: Callable[[cdk.Stack], TemplateSource], tmp_path: Path
) -> None:
    [found] = replacements(old(shop(tmp_path / "old", fifo=True)), new(shop(tmp_path / "new", fifo=False)))
    assert found.resource_type == "AWS::SQS::Queue"


@pytest.mark.parametrize("old", NAMED.values(), ids=NAMED)
@pytest.mark.parametrize("new", [NAMED["app"], NAMED["assembly"], NAMED["folder"]], ids=["app", "assembly", "folder"])
def test_stacks_are_compared_by_their_names(
    old: Callable[[cdk.Stack], TemplateSource], new: Callable[[cdk.Stack], TemplateSource], tmp_path: Path
) -> None:
    [found] = replacements(old(shop(tmp_path / "old", fifo=True)), new(shop(tmp_path / "new", fifo=False)))
    assert found.name == f"Shop.{found.logical_id}"
    assert found.construct_path == "Shop/Orders/Resource"


def test_an_app_that_was_synthesised_before_is_compared_as_it_is_now(tmp_path: Path) -> None:
    old, new = shop(tmp_path / "old", fifo=True), shop(tmp_path / "new", fifo=True)
    Template.from_stack(new)
    sqs.Queue(old, "Late")
    Template.from_stack(old)
    assert len(replacements(app_of(old), app_of(new))) == 1


def test_a_stack_that_is_gone_loses_all_it_holds(tmp_path: Path) -> None:
    empty = cdk.App(outdir=str(tmp_path / "new"), analytics_reporting=False)
    [found] = replacements(app_of(shop(tmp_path / "old", fifo=True)), empty)
    assert (found.outcome, found.reasons) == ("removed", ["its stack is not there any more"])


def staged(folder: Path, *names: str, region: str | None = "eu-west-1", fifo: bool = False) -> cdk.App:
    app = cdk.App(outdir=str(folder), analytics_reporting=False)
    for name in names:
        stack = cdk.Stack(cdk.Stage(app, name), "Shop", env=cdk.Environment(region=region))
        sqs.Queue(stack, "Orders", fifo=fifo or None)
    return app


def test_the_stacks_of_stages_are_compared_each_with_its_own(tmp_path: Path) -> None:
    old, new = staged(tmp_path / "old", "Dev", "Prod", fifo=True), staged(tmp_path / "new", "Prod", "Dev")
    assert sorted(one.stack for one in replacements(old, new)) == ["Dev-Shop", "Prod-Shop"]


def test_a_stage_alone_can_be_compared(tmp_path: Path) -> None:
    old, new = staged(tmp_path / "old", "Dev", fifo=True), staged(tmp_path / "new", "Dev")
    stages = [app.node.find_child("Dev") for app in (old, new)]
    assert all(isinstance(one, cdk.Stage) for one in stages)
    first, second = (one for one in stages if isinstance(one, cdk.Stage))
    assert [one.stack for one in replacements(first, second)] == ["Dev-Shop"]


def test_a_stack_that_got_its_region_later_is_the_same_one(tmp_path: Path) -> None:
    old, new = staged(tmp_path / "old", "Dev", region=None), staged(tmp_path / "new", "Dev")
    assert replacements(old, new) == []


def test_stacks_of_one_name_in_two_regions_are_two(tmp_path: Path) -> None:
    def in_regions(folder: str, *regions: str, fifo: bool) -> cdk.App:
        app = cdk.App(outdir=str(tmp_path / folder), analytics_reporting=False)
        for region in regions:
            stack = cdk.Stack(app, region, stack_name="shop", env=cdk.Environment(region=region))
            sqs.Queue(stack, "Orders", fifo=(fifo and region == "eu-west-1") or None)
        return app

    old = in_regions("old", "eu-west-1", "us-east-1", fifo=True)
    new = in_regions("new", "us-east-1", "eu-west-1", fifo=False)
    assert len(replacements(old, new)) == 1


@pytest.mark.parametrize(
    ("account", "region"),
    [("111111111111", "us-east-1"), ("222222222222", "eu-west-1"), (None, "us-east-1"), ("222222222222", None)],
)
def test_a_stack_in_another_place_is_another_one(tmp_path: Path, account: str | None, region: str | None) -> None:
    def placed(folder: str, account: str | None, region: str | None) -> cdk.App:
        app = cdk.App(outdir=str(tmp_path / folder), analytics_reporting=False)
        sqs.Queue(cdk.Stack(app, "Shop", env=cdk.Environment(account=account, region=region)), "Orders")
        return app

    [found] = replacements(placed("old", "111111111111", "eu-west-1"), placed("new", account, region))
    place = f"aws://{account or 'unknown-account'}/{region or 'unknown-region'}"
    assert found.reasons == [f"its stack is not there any more; one of its name is in {place}"]
    assert found.harmful


def test_a_stack_that_may_be_any_of_two_is_gone(tmp_path: Path) -> None:
    old = staged(tmp_path / "old", "Dev", region=None)
    new = cdk.App(outdir=str(tmp_path / "new"), analytics_reporting=False)
    for region in ("eu-west-1", "us-east-1"):
        stack = cdk.Stack(new, region, stack_name="Dev-Shop", env=cdk.Environment(region=region))
        sqs.Queue(stack, "Orders")
    [found] = replacements(old, new)
    assert found.outcome == "removed"


def test_nested_stacks_are_compared_too(tmp_path: Path) -> None:
    def nesting(folder: str, *, fifo: bool) -> cdk.App:
        app = cdk.App(outdir=str(tmp_path / folder), analytics_reporting=False)
        sqs.Queue(cdk.NestedStack(cdk.Stack(app, "Shop"), "Data"), "Orders", fifo=fifo or None)
        return app

    [found] = replacements(nesting("old", fifo=True), nesting("new", fifo=False))
    assert found.stack.startswith("Shop/DataNestedStack")
    assert found.resource_type == "AWS::SQS::Queue"


def test_what_a_parent_passes_on_replaces_inside_a_nested_stack(tmp_path: Path) -> None:
    def nesting(folder: str, given: str, default: str) -> cdk.App:
        app = cdk.App(outdir=str(tmp_path / folder), analytics_reporting=False)
        parent = cdk.Stack(app, "Shop")
        chosen = cdk.CfnParameter(parent, "Chosen", default=default).value_as_string
        nested = cdk.NestedStack(parent, "Data", parameters={"Given": given, "Chosen": chosen, "Kept": "same"})
        for name in ("Given", "Chosen", "Kept"):
            sqs.Queue(nested, f"{name}Queue", queue_name=cdk.CfnParameter(nested, name).value_as_string)
        return app

    found = {one.reasons[0] for one in replacements(nesting("old", "a", "a"), nesting("new", "b", "b"))}
    assert found == {f"QueueName refers to {name}, whose value may change" for name in ("Given", "Chosen")}


def test_a_template_is_not_compared_with_several_stacks(tmp_path: Path) -> None:
    stack = shop(tmp_path / "new", fifo=True)
    with pytest.raises(ValueError, match="a template without a stack's name cannot be compared with 2 stacks"):
        replacements(Template.from_stack(stack), app_of(stack))


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        ("nowhere.json", FileNotFoundError, "nowhere.json"),
        (".", FileNotFoundError, "holds no cloud assembly; run 'cdk synth' first"),
        ("text.json", ValueError, "text.json holds no JSON; compare the templates in cdk.out, which do"),
        ("empty.json", ValueError, "empty.json is no template of CloudFormation: it has no Resources"),
        ({"Orders": {}}, ValueError, "the template is no template of CloudFormation: it has no Resources"),
        (7, TypeError, "templates are read from a folder such as cdk.out, .*got 7"),
    ],
)
def test_fails_for_what_is_no_template(
    source: Any, error: type[Exception], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.json").write_text("Resources:", encoding="utf-8")
    (tmp_path / "empty.json").write_text("{}", encoding="utf-8")
    with pytest.raises(error, match=message):
        replacements(source, {"Resources": {}})
