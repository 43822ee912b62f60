"""An image that ECR fetches from another registry when a task first asks for it."""

from __future__ import annotations

import jsii
from aws_cdk import ArnFormat, Stack, Stage, Token
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct


class CachedImage(ecs.ContainerImage):
    """Lets the agent of ECS pull the image, and have ECR fetch it the first time.

    Attributes:
        rule: The rule of the cache.
    """

    def __init__(self, rule: ecr.CfnPullThroughCacheRule, repository_name: str, tag_or_digest: str) -> None:
        super().__init__()
        self.rule = rule
        self._repository_name = repository_name
        self._tag_or_digest = tag_or_digest

    @jsii.member(jsii_name="bind")
    def bind(self, scope: Construct, container_definition: ecs.ContainerDefinition) -> ecs.ContainerImageConfig:
        stack = Stack.of(scope)
        definition = container_definition.task_definition
        resource = definition.node.default_child
        # Without the rule there is no such image. What another stage deploys, and when, is not ours to say.
        if resource is not None and _stage_of(resource) == _stage_of(self.rule):
            resource.node.add_dependency(self.rule)
        definition.add_to_execution_role_policy(
            iam.PolicyStatement(actions=["ecr:GetAuthorizationToken"], resources=["*"])
        )
        definition.add_to_execution_role_policy(
            iam.PolicyStatement(
                actions=[
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:BatchGetImage",
                    "ecr:BatchImportUpstreamImage",
                    "ecr:CreateRepository",
                    "ecr:GetDownloadUrlForLayer",
                ],
                resources=[
                    stack.format_arn(
                        service="ecr",
                        resource="repository",
                        resource_name=self._repository_name,
                        arn_format=ArnFormat.SLASH_RESOURCE_NAME,
                    )
                ],
            )
        )
        separator = "@" if self._tag_or_digest.startswith("sha256:") else ":"
        registry = f"{stack.account}.dkr.ecr.{stack.region}.{stack.url_suffix}"
        return ecs.ContainerImageConfig(
            image_name=f"{registry}/{self._repository_name}{separator}{self._tag_or_digest}"
        )

    def elsewhere(self, container: ecs.ContainerDefinition) -> str | None:
        """Return where the cache is, as words, if ``container`` is known to run elsewhere."""
        cache, task = Stack.of(self.rule), Stack.of(container)
        pairs = ((cache.region, task.region), (cache.account, task.account))
        known = [pair for pair in pairs if not any(Token.is_unresolved(one) for one in pair)]
        return f"{cache.region} of account {cache.account}" if any(there != here for there, here in known) else None


def _stage_of(construct: IConstruct) -> str | None:
    stage = Stage.of(construct)
    return None if stage is None else stage.node.path
