"""Images of other registries, kept near the tasks."""

from __future__ import annotations

from typing import Literal

from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._cached_image import CachedImage
from ecs_workloads._checks import check_name, require, suggestion
from ecs_workloads._image_name import check_tag

Upstream = Literal["docker-hub", "ecr-public", "github", "gitlab", "kubernetes", "quay"]

# https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html
_REGISTRIES: dict[str, tuple[str, str, bool]] = {
    "docker-hub": ("docker-hub", "registry-1.docker.io", True),
    "ecr-public": ("ecr-public", "public.ecr.aws", False),
    "github": ("github-container-registry", "ghcr.io", True),
    "gitlab": ("gitlab-container-registry", "registry.gitlab.com", True),
    "kubernetes": ("k8s", "registry.k8s.io", False),
    "quay": ("quay", "quay.io", False),
}
_LIFECYCLE = (
    '{"rules":[{"rulePriority":1,"description":"Untagged images by age","selection":{"tagStatus":"untagged",'
    '"countType":"sinceImagePushed","countUnit":"days","countNumber":14},"action":{"type":"expire"}}]}'
)


@checks_arguments
class PullThroughCache(Construct):
    """Images of a public registry, which ECR fetches when a task first asks for them, and keeps.

    Tasks then start when that registry is down or limits who pulls. They wait for the rule, and are in its account and
    region. With an interface endpoint of ECR the first pull of an image needs a way to the internet, such as a NAT
    gateway; later ones need none. One account and region can have a prefix once.
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache.html

    Args:
        upstream: Registry of the images: ``docker-hub``, ``ecr-public``, ``github``, ``gitlab``, ``kubernetes`` or
            ``quay``.
        repository_prefix: First part of the names of the repositories that ECR makes, 2 to 30 lower-case letters,
            digits, ``.``, ``_`` and ``-``. Defaults to the name of ``upstream``.
        credentials: Secret with ``username`` and ``accessToken``, whose name begins with ``ecr-pullthroughcache/``.
            ``docker-hub``, ``github`` and ``gitlab`` need one, the others take none.

    Raises:
        ValueError: A value is out of its range or unknown, or there are credentials where none are taken, or none
            where they are needed.
        TypeError: An argument is of another kind.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        upstream: Upstream,
        repository_prefix: str | None = None,
        credentials: secretsmanager.ISecret | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        path = self.node.path
        require(
            upstream in _REGISTRIES,
            path,
            f"upstream must be {', '.join(_REGISTRIES)}, got {upstream!r}{suggestion(upstream, _REGISTRIES)}",
        )
        registry, url, needs_credentials = _REGISTRIES[upstream]
        require(
            needs_credentials == (credentials is not None),
            path,
            f"{upstream} {'needs' if needs_credentials else 'takes no'} credentials",
        )
        self._prefix = upstream if repository_prefix is None else repository_prefix
        check_name(
            path,
            "repository_prefix",
            self._prefix,
            r"(?=.{2,30}$)[a-z0-9]+([._-][a-z0-9]+)*",
            "2 to 30 lower-case letters, digits and single separators '.', '_' and '-'",
        )
        template = ecr.CfnRepositoryCreationTemplate(
            self,
            "Repositories",
            prefix=self._prefix,
            applied_for=["PULL_THROUGH_CACHE"],
            description=f"Images of {url}",
            lifecycle_policy=_LIFECYCLE,
        )
        rule = ecr.CfnPullThroughCacheRule(
            self,
            "Rule",
            ecr_repository_prefix=self._prefix,
            upstream_registry=registry,
            upstream_registry_url=url,
            credential_arn=None if credentials is None else credentials.secret_arn,
        )
        rule.node.add_dependency(template)
        self._rule = rule

    @property
    def rule(self) -> ecr.CfnPullThroughCacheRule:
        """The rule, for anything this class has no argument for."""
        return self._rule

    def image(self, name: str, tag_or_digest: str) -> ecs.ContainerImage:
        """Return an image of the other registry, for a `Container`.

        Args:
            name: Its name there, such as ``library/redis``.
            tag_or_digest: Its version, or ``sha256:...``.

        Raises:
            ValueError: The name is none, or the other is no tag and no digest, or ``latest``, which names another image
                tomorrow.
        """
        path = self.node.path
        check_name(
            path, "name", name, r"[a-z0-9]+([._/-]+[a-z0-9]+)*", "the name of an image in lower case, without its tag"
        )
        check_tag(path, tag_or_digest)
        return CachedImage(self._rule, f"{self._prefix}/{name}", tag_or_digest)
