"""Tests of `ImageRepository`."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms

from ecs_workloads import ImageRepository
from tests.templates import properties, resources


def test_images_are_scanned_immutable_encrypted_and_kept(stack: cdk.Stack) -> None:
    ImageRepository(stack, "Web")

    [repository] = resources(stack, "AWS::ECR::Repository")
    found = repository["Properties"]
    assert found["ImageScanningConfiguration"] == {"ScanOnPush": True}
    assert found["ImageTagMutability"] == "IMMUTABLE"
    assert found["EncryptionConfiguration"] == {"EncryptionType": "KMS"}
    assert "RepositoryName" not in found
    assert repository["DeletionPolicy"] == "RetainExceptOnCreate"


def test_only_builds_and_untagged_images_expire(stack: cdk.Stack) -> None:
    ImageRepository(stack, "Web", build_images=30, untagged_retention=timedelta(days=7))

    policy = json.loads(properties(stack, "AWS::ECR::Repository")["LifecyclePolicy"]["LifecyclePolicyText"])
    assert [rule["rulePriority"] for rule in policy["rules"]] == [1, 2, 3]
    selections = [rule["selection"] for rule in policy["rules"]]
    assert selections == [
        {
            "tagStatus": "tagged",
            "tagPatternList": ["*.*.*"],
            "countType": "imageCountMoreThan",
            "countNumber": 100000,
        },
        {"tagStatus": "untagged", "countType": "sinceImagePushed", "countNumber": 7, "countUnit": "days"},
        {
            "tagStatus": "tagged",
            "tagPatternList": ["build-*"],
            "countType": "imageCountMoreThan",
            "countNumber": 30,
        },
    ]


def test_fifty_builds_and_two_weeks_of_untagged_images_are_kept(stack: cdk.Stack) -> None:
    ImageRepository(stack, "Web")

    policy = json.loads(properties(stack, "AWS::ECR::Repository")["LifecyclePolicy"]["LifecyclePolicyText"])
    assert [rule["selection"]["countNumber"] for rule in policy["rules"]] == [100000, 14, 50]
    assert [rule["description"] for rule in policy["rules"]] == [
        "Releases stay",
        "Untagged images by age",
        "Builds by number",
    ]


def test_name_key_and_removal_are_the_user_s(stack: cdk.Stack) -> None:
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:eu-west-1:111111111111:key/a")
    ImageRepository(
        stack,
        "Web",
        repository_name="shop/dev/web",
        encryption_key=key,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )

    [repository] = resources(stack, "AWS::ECR::Repository")
    assert repository["Properties"]["RepositoryName"] == "shop/dev/web"
    assert repository["Properties"]["EncryptionConfiguration"]["KmsKey"] == key.key_arn
    assert repository["Properties"]["EmptyOnDelete"] is True
    assert repository["DeletionPolicy"] == "Delete"


def test_other_accounts_may_pull_and_no_more(stack: cdk.Stack) -> None:
    ImageRepository(stack, "Web", pull_account_ids=["222222222222"])

    [statement] = properties(stack, "AWS::ECR::Repository")["RepositoryPolicyText"]["Statement"]
    assert "222222222222" in str(statement["Principal"])
    assert statement["Action"] == [
        "ecr:BatchCheckLayerAvailability",
        "ecr:GetDownloadUrlForLayer",
        "ecr:BatchGetImage",
    ]


@pytest.mark.parametrize(("name", "end"), [("1.0.0", ":1.0.0"), ("sha256:" + "0" * 64, "@sha256:" + "0" * 64)])
def test_an_image_is_named_by_release_or_digest(stack: cdk.Stack, name: str, end: str) -> None:
    repository = ImageRepository(stack, "Web")
    task = ecs.FargateTaskDefinition(stack, "Task")
    task.add_container("web", image=repository.image(name))

    [container] = properties(stack, "AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    parts = container["Image"]["Fn::Join"][1]
    assert stack.resolve(repository.repository.repository_name) in parts
    assert parts[-1] == end


@pytest.mark.parametrize("name", ["", "latest", "v1 beta!", "-1", "sha256:abc", "a" * 129, "sha256:" + "A" * 64])
def test_an_image_has_a_tag_or_a_digest(stack: cdk.Stack, name: str) -> None:
    with pytest.raises(ValueError, match=f"Stack/Web: an image's tag or digest must be a version, .*, got '{name}'"):
        ImageRepository(stack, "Web").image(name)


@pytest.mark.parametrize("name", ["1", "latest-2", "_a.b-c", "a" * 128])
def test_an_image_may_have_any_tag_of_a_version(stack: cdk.Stack, name: str) -> None:
    ImageRepository(stack, "Web").image(name)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"repository_name": "shop//web"}, "repository_name must be 2 to 256 lower-case letters"),
        ({"release_tag_patterns": [cdk.Aws.REGION]}, "release_tag_patterns must be a tag, with [*] for anything, got"),
    ],
)
def test_refuses(stack: cdk.Stack, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"Stack/Web: {message}"):
        ImageRepository(stack, "Web", **arguments)
