"""Tests of snapshots of templates, and of what they show when a template changes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template
from syrupy.filters import props
from syrupy.matchers import path_type

from ecs_workloads.testing import TemplateSnapshot

HASH = "0123456789abcdef" * 4


def serialized(value: object) -> Any:
    return json.loads(TemplateSnapshot().serialize(value))


def shown(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    snapshot = TemplateSnapshot()
    return list(snapshot.diff_lines(snapshot.serialize(new), snapshot.serialize(old)))


def template(**resources: Any) -> dict[str, Any]:
    return {"Resources": resources}


def queue(timeout: int) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "Properties": {"KmsMasterKeyId": "key", "VisibilityTimeout": timeout}}


def test_keys_are_in_order() -> None:
    assert str(TemplateSnapshot().serialize({"b": 1, "a": 2})) == '{\n  "a": 2,\n  "b": 1\n}\n'


def test_what_syrupy_can_leave_out_or_replace_it_can_here_too() -> None:
    kit, value = TemplateSnapshot(), {"a": "1", "b": "2"}

    assert json.loads(str(kit.serialize(value, exclude=props("a")))) == {"b": "2"}
    assert json.loads(str(kit.serialize(value, include=props("a")))) == {"a": "1"}
    assert json.loads(str(kit.serialize(value, matcher=path_type({"a": (str,)})))) == {"a": "str", "b": "2"}


@pytest.mark.parametrize(
    "text",
    [
        "{}.zip",
        "prefix/{}.zip",
        "/{}.json",
        "/cdk-hnb659fds-assets-111111111111-us-east-1/{}.json",
        "https://s3.amazonaws.com/cdk-hnb659fds-assets-111111111111-us-east-1/{}",
        "s3://own-bucket/prefix/{}.txt",
        "${{AWS::AccountId}}.dkr.ecr.eu-west-1.${{AWS::URLSuffix}}/cdk-hnb659fds-container-assets-${{AWS::AccountId}}:{}",
        "assets/repository:{}",
        "asset.{}",
        "../asset.{}.zip",
        'echo "{}.zip"',
    ],
)
def test_the_hash_of_an_asset_is_scrubbed(text: str) -> None:
    assert serialized({"Key": text.format(HASH)}) == {"Key": text.format("HASH")}


@pytest.mark.parametrize("name", ["S3Key", "S3ObjectKey"])
@pytest.mark.parametrize("prefix", ["", "https://prefix/"])
def test_the_hash_of_a_file_without_an_ending_is_scrubbed(name: str, prefix: str) -> None:
    assert serialized({name: f"{prefix}{HASH}"}) == {name: f"{prefix}HASH"}


def test_a_hash_that_is_an_asset_in_one_place_is_scrubbed_in_every_other() -> None:
    code = {"Code": {"S3Key": f"{HASH}.zip"}, "Environment": {"VERSION": HASH}, "Digest": f"sha256:{HASH}"}
    assert serialized(code) == {
        "Code": {"S3Key": "HASH.zip"},
        "Environment": {"VERSION": "HASH"},
        "Digest": f"sha256:{HASH}",
    }


def test_the_hashes_that_aws_cdk_writes_are_scrubbed(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("page", encoding="utf-8")
    (tmp_path / "plain").write_text("plain", encoding="utf-8")
    (tmp_path / "Dockerfile").write_text("FROM scratch", encoding="utf-8")
    app = cdk.App(outdir=str(tmp_path / "out"), analytics_reporting=False)
    stack = cdk.Stack(app, "Shop")
    files = [s3_assets.Asset(stack, name, path=str(tmp_path / name)) for name in ("page.html", "plain")]
    image = ecr_assets.DockerImageAsset(stack, "Image", directory=str(tmp_path), exclude=["out"])
    sqs.Queue(cdk.NestedStack(stack, "Inner"), "Queue")
    for number, value in enumerate(
        (image.image_uri, *(url for one in files for url in (one.s3_object_url, one.http_url)))
    ):
        cdk.CfnOutput(stack, f"Out{number}", value=value)
    cdk.CfnResource(stack, "Code", type="Acme::Code", properties={"S3Key": files[1].s3_object_key})

    template = Template.from_stack(stack).to_json()

    assert len(set(re.findall(r"\b[0-9a-f]{64}\b", json.dumps(template)))) == 4
    assert not re.search(r"[0-9a-f]{64}", str(TemplateSnapshot().serialize(template)))


def test_the_hash_in_the_name_of_a_version_of_a_function_is_scrubbed() -> None:
    name = f"FunctionCurrentVersion12AB34CD{HASH[:32]}"
    assert serialized({name: {"Ref": name}}) == {
        "FunctionCurrentVersion12AB34CDHASH": {"Ref": "FunctionCurrentVersion12AB34CDHASH"}
    }


@pytest.mark.parametrize(
    "text",
    [
        f"example.com/shop@sha256:{HASH}",
        "Queue12AB34CD",
        HASH[:40],
        f"{HASH}{HASH}",
        f"{HASH}{HASH}.zip",
        HASH,
        f"a thumbprint {HASH}",
        f"thumbprint:{HASH}",
        f"https://example.com/{HASH}.tar.gz",
    ],
)
def test_what_somebody_chose_stays(text: str) -> None:
    assert serialized({"Key": text}) == {"Key": text}


def test_fails_for_what_is_no_template() -> None:
    with pytest.raises(
        TypeError, match=r"a template snapshot takes template.to_json\(\) or a dict of such, got 'text'"
    ):
        TemplateSnapshot().serialize("text")


def test_a_difference_is_shown_under_its_resource() -> None:
    assert shown(template(Orders=queue(30), Other=queue(1)), template(Orders=queue(180), Other=queue(1))) == [
        "  Resources / Orders (AWS::SQS::Queue)",
        "    @@ -2,5 +2,5 @@",
        '       "Properties": {',
        '         "KmsMasterKeyId": "key",',
        '    -    "VisibilityTimeout": 30',
        '    +    "VisibilityTimeout": 180',
        "       },",
        '       "Type": "AWS::SQS::Queue"',
    ]


def test_a_difference_names_the_stack_where_there_are_several() -> None:
    old, new = ({"Data": template(Orders=queue(time)), "Web": template(Orders=queue(1))} for time in (30, 180))
    assert [line for line in shown(old, new) if "Resources" in line] == [
        "  Data / Resources / Orders (AWS::SQS::Queue)"
    ]


def test_what_is_new_and_what_is_gone_is_said_to_be() -> None:
    headings = [line for line in shown(template(Old=queue(1)), template(New=queue(1))) if "Resources" in line]
    assert headings == [
        "  Resources / New (AWS::SQS::Queue) is new",
        "  Resources / Old (AWS::SQS::Queue) is gone",
    ]


def test_parameters_outputs_and_the_description_are_shown_too() -> None:
    parts = {"Outputs": {"Url": {"Value": "a"}}, "Parameters": {"Size": {"Default": "1"}}, "Description": "shop"}
    shows = shown(template(), {**template(), **parts})
    assert [line for line in shows if line.endswith("is new")] == [
        "  Description is new",
        "  Outputs / Url is new",
        "  Parameters / Size is new",
    ]
