"""Where the images of one container are kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import check_known_range, check_name, check_time, duration, require
from ecs_workloads._image_name import check_tag

# More than a repository holds: by default at most 20000 images.
_MOST_RELEASES = 100_000
# A lifecycle policy has 50 rules, of which two are for other images; a pattern has four wildcards.
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
_MOST_PATTERNS = 48
_MOST_WILDCARDS = 4
_UNTAGGED_DAYS = timedelta(days=14)


@checks_arguments
class ImageRepository(Construct):
    """An ECR repository: scanned on push, immutable, encrypted, and cleaned without ever losing a release.

    Images without any tag go after 14 days, those used by digest alone included. Of those tagged ``build-*`` the
    newest stay. An image with a release's tag stays, a build that was promoted to a release included, and so does
    one with any other tag.

    Args:
        repository_name: Name of the repository, where another stack must find it by name. Defaults to a name
            that CloudFormation makes.
        encryption_key: Key for the images; it cannot be changed later without a new repository. Defaults to
            the key ``aws/ecr`` of the account.
        pull_account_ids: Other AWS accounts whose tasks may pull images.
        release_tag_patterns: Patterns of the tags of releases, such as ``1.0.0``, with ``*`` for anything, up
            to four times in each; up to 48 patterns. An image that bears one stays, whatever other tags it has.
            Defaults to ``*.*.*``.
        build_images: Newest images with a tag ``build-*`` to keep, 1 to 10000.
        untagged_retention: How long an untagged image is kept, one day to ten years.
        removal_policy: What becomes of the repository and its images when it leaves the template. Defaults to
            keeping it, but nothing that a failed first deployment made. ``DESTROY`` deletes the images too.

    Raises:
        ValueError: A value is out of its range, or is no name or no account id.
        TypeError: An argument is of another kind.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        repository_name: str | None = None,
        encryption_key: kms.IKey | None = None,
        pull_account_ids: Sequence[str] = (),
        release_tag_patterns: Sequence[str] = ("*.*.*",),
        build_images: int = 50,
        untagged_retention: timedelta = _UNTAGGED_DAYS,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    ) -> None:
        super().__init__(scope, construct_id)
        path = self.node.path
        if repository_name is not None:
            check_name(
                path,
                "repository_name",
                repository_name,
                r"(?=.{2,256}$)[a-z0-9]+([._-][a-z0-9]+)*(/[a-z0-9]+([._-][a-z0-9]+)*)*",
                "2 to 256 lower-case letters, digits and single separators '.', '_', '-' and '/'",
            )
        check_known_range(path, "build_images", build_images, 1, 10_000, why="the lifecycle policy is a text")
        check_time(path, "untagged_retention", untagged_retention, timedelta(days=1), timedelta(days=3650))
        require(
            untagged_retention.seconds == 0, path, f"untagged_retention must be whole days, got {untagged_retention}"
        )
        require(
            len(release_tag_patterns) <= _MOST_PATTERNS,
            path,
            f"release_tag_patterns must be at most {_MOST_PATTERNS}, got {len(release_tag_patterns)}",
        )
        for pattern in release_tag_patterns:
            # The lifecycle policy is a text, so that a token is no tag.
            require(
                re.fullmatch(r"[A-Za-z0-9._*-]{1,128}", pattern) is not None,
                path,
                f"release_tag_patterns must be a tag, with * for anything, got {pattern!r}",
            )
            require(
                pattern.count("*") <= _MOST_WILDCARDS,
                path,
                f"release_tag_patterns may have {_MOST_WILDCARDS} * in one pattern, got {pattern!r}",
            )
        for account_id in pull_account_ids:
            check_name(path, "pull_account_ids", account_id, r"\d{12}", "12 digits each")
        self._repository = ecr.Repository(
            self,
            "Repository",
            repository_name=repository_name,
            image_scan_on_push=True,
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            encryption=ecr.RepositoryEncryption.KMS,
            encryption_key=encryption_key,
            lifecycle_rules=[
                # An image that one rule keeps is never expired by a later one.
                *(
                    ecr.LifecycleRule(
                        rule_priority=priority,
                        description="Releases stay",
                        tag_pattern_list=[pattern],
                        max_image_count=_MOST_RELEASES,
                    )
                    for priority, pattern in enumerate(release_tag_patterns, start=1)
                ),
                ecr.LifecycleRule(
                    rule_priority=len(release_tag_patterns) + 1,
                    description="Untagged images by age",
                    tag_status=ecr.TagStatus.UNTAGGED,
                    max_image_age=duration(untagged_retention),
                ),
                ecr.LifecycleRule(
                    rule_priority=len(release_tag_patterns) + 2,
                    description="Builds by number",
                    tag_pattern_list=["build-*"],
                    max_image_count=build_images,
                ),
            ],
            removal_policy=removal_policy,
            empty_on_delete=removal_policy == RemovalPolicy.DESTROY,
        )
        for account_id in pull_account_ids:
            self._repository.grant_pull(iam.AccountPrincipal(account_id))

    @property
    def repository(self) -> ecr.Repository:
        """The ECR repository, for anything this class has no argument for."""
        return self._repository

    def image(self, tag_or_digest: str) -> ecs.ContainerImage:
        """Return one image of this repository, by its tag or by ``sha256:...``.

        Raises:
            ValueError: It is no tag and no digest, or ``latest``, which names another image tomorrow.
        """
        check_tag(self.node.path, tag_or_digest)
        return ecs.ContainerImage.from_ecr_repository(self._repository, tag_or_digest)
