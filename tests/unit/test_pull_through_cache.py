"""Tests of `PullThroughCache`."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk.assertions import Template

from ecs_workloads import Container, PullThroughCache, Scaling, SqsQueue, Worker
from tests.templates import main_container, properties, resources, statements


def worker(stack: cdk.Stack, cluster: ecs.Cluster, container: Container) -> Worker:
    queue = SqsQueue(stack, "Orders", longest_processing_time=timedelta(minutes=1))
    return Worker(stack, "Worker", cluster=cluster, container=container, queue=queue, scaling=Scaling())


def test_images_of_another_registry_are_fetched_once(stack: cdk.Stack) -> None:
    cache = PullThroughCache(stack, "Cache", upstream="ecr-public")

    rule = properties(stack, "AWS::ECR::PullThroughCacheRule")
    template = properties(stack, "AWS::ECR::RepositoryCreationTemplate")
    assert cache.rule is not None
    assert rule == {
        "EcrRepositoryPrefix": "ecr-public",
        "UpstreamRegistry": "ecr-public",
        "UpstreamRegistryUrl": "public.ecr.aws",
    }
    assert (template["Prefix"], template["AppliedFor"]) == ("ecr-public", ["PULL_THROUGH_CACHE"])
    [lifecycle] = json.loads(template["LifecyclePolicy"])["rules"]
    assert (lifecycle["selection"]["tagStatus"], lifecycle["selection"]["countNumber"]) == ("untagged", 14)


def test_the_template_is_there_before_the_first_image(stack: cdk.Stack) -> None:
    PullThroughCache(stack, "Cache", upstream="quay")

    [rule] = resources(stack, "AWS::ECR::PullThroughCacheRule")
    assert len(rule["DependsOn"]) == 1


def test_a_registry_with_accounts_gets_credentials(stack: cdk.Stack) -> None:
    secret = secretsmanager.Secret.from_secret_name_v2(stack, "Secret", "ecr-pullthroughcache/docker-hub")
    PullThroughCache(stack, "Cache", upstream="docker-hub", repository_prefix="hub", credentials=secret)

    rule = properties(stack, "AWS::ECR::PullThroughCacheRule")
    assert (rule["EcrRepositoryPrefix"], rule["UpstreamRegistryUrl"]) == ("hub", "registry-1.docker.io")
    assert "ecr-pullthroughcache/docker-hub" in str(rule["CredentialArn"])


def test_a_task_pulls_through_the_cache_and_nothing_else(
    stack: cdk.Stack, cluster: ecs.Cluster, container: Container
) -> None:
    cache = PullThroughCache(stack, "Cache", upstream="quay")
    worker(stack, cluster, replace(container, image=cache.image("acme/worker", "1.2.3")))

    image = str(main_container(stack)["Image"])
    [pull] = [one for one in statements(stack) if "ecr:BatchGetImage" in one["Action"]]
    assert ".dkr.ecr." in image
    assert "/quay/acme/worker:1.2.3" in image
    assert {"ecr:CreateRepository", "ecr:BatchImportUpstreamImage"} < set(pull["Action"])
    assert ":repository/quay/acme/worker" in str(pull["Resource"])
    assert [one["Resource"] for one in statements(stack) if one["Action"] == "ecr:GetAuthorizationToken"] == ["*"]


def test_tasks_wait_for_the_rule(stack: cdk.Stack, cluster: ecs.Cluster, container: Container) -> None:
    cache = PullThroughCache(stack, "Cache", upstream="quay")
    worker(stack, cluster, replace(container, image=cache.image("acme/worker", "1.2.3")))

    [task] = resources(stack, "AWS::ECS::TaskDefinition")
    [rule] = Template.from_stack(stack).find_resources("AWS::ECR::PullThroughCacheRule")
    assert rule in task["DependsOn"]


@pytest.mark.parametrize("place", [None, cdk.Environment(region="eu-west-1")], ids=["unknown", "known"])
def test_tasks_of_another_stack_are_deployed_after_the_cache(place: cdk.Environment | None) -> None:
    app = cdk.App()
    images, shop = cdk.Stack(app, "Images"), cdk.Stack(app, "Shop", env=place)
    image = PullThroughCache(images, "Cache", upstream="quay").image("acme/worker", "1.2.3")
    worker(shop, ecs.Cluster(shop, "Cluster", vpc=ec2.Vpc(shop, "Vpc", max_azs=2)), Container(image=image))

    assert "Images" in {dependency.id for dependency in app.synth().get_stack_by_name("Shop").dependencies}


def test_a_cache_of_another_stage_is_deployed_by_who_deploys_that(container: Container) -> None:
    app = cdk.App()
    images = cdk.Stack(cdk.Stage(app, "Base"), "Images")
    shop = cdk.Stack(cdk.Stage(app, "Test"), "Shop")
    image = PullThroughCache(images, "Cache", upstream="quay").image("acme/worker", "1.2.3")
    worker(shop, ecs.Cluster(shop, "Cluster", vpc=ec2.Vpc(shop, "Vpc")), replace(container, image=image))

    [artifact] = app.synth().get_nested_assembly("assembly-Test").stacks
    assert {dependency.id for dependency in artifact.dependencies} <= {f"{artifact.id}.assets"}


def test_an_image_can_be_named_by_its_digest(stack: cdk.Stack, cluster: ecs.Cluster, container: Container) -> None:
    cache = PullThroughCache(stack, "Cache", upstream="quay")
    worker(stack, cluster, replace(container, image=cache.image("acme/worker", "sha256:" + "0" * 64)))

    assert "/quay/acme/worker@sha256:0000" in str(main_container(stack)["Image"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"upstream": "docker-hub"}, "docker-hub needs credentials")],
)
def test_refuses(stack: cdk.Stack, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"Stack/Cache: {message}"):
        PullThroughCache(stack, "Cache", **arguments)


@pytest.mark.parametrize(
    ("name", "tag", "message"),
    [("acme/worker", "", "an image's tag or digest must be a version, .*, got ''")],
)
def test_an_image_has_a_name_and_a_version(stack: cdk.Stack, name: str, tag: str, message: str) -> None:
    cache = PullThroughCache(stack, "Cache", upstream="quay")

    with pytest.raises(ValueError, match=f"Stack/Cache: {message}"):
        cache.image(name, tag)
