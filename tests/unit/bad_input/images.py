"""Rules of where images come from."""

from __future__ import annotations

from datetime import timedelta

from tests.unit.bad_input.row import FRACTION, Row

_TAG = "an image's tag or digest must be a version, such as 1.0.0, but not latest, or sha256: and 64 digits, got"
_UNTAGGED = "untagged_retention must be from 1 day to 3650 days, got"

ROWS = (
    Row(
        "a repository in capitals",
        "Stack/Images",
        "repository_name must be 2 to 256 lower-case letters, digits and single separators",
        lambda at: at.repository(repository_name="Shop/Web"),
    ),
    Row(
        "no build kept",
        "Stack/Images",
        "build_images must be from 1 to 10000, got 0",
        lambda at: at.repository(build_images=0),
    ),
    Row(
        "too many builds kept",
        "Stack/Images",
        "build_images must be from 1 to 10000, got 10001",
        lambda at: at.repository(build_images=10_001),
    ),
    Row(
        "builds kept that only the deployment knows",
        "Stack/Images",
        "build_images must be known now: the lifecycle policy is a text",
        lambda at: at.repository(build_images=at.number),
    ),
    Row(
        "untagged images gone within the day",
        "Stack/Images",
        f"{_UNTAGGED} 1 hour",
        lambda at: at.repository(untagged_retention=timedelta(hours=1)),
    ),
    Row(
        "untagged images kept for eleven years",
        "Stack/Images",
        f"{_UNTAGGED} 4015 days",
        lambda at: at.repository(untagged_retention=timedelta(days=4015)),
    ),
    Row(
        "untagged images kept for half seconds",
        "Stack/Images",
        "untagged_retention must be a whole number of seconds, got 86400.5",
        lambda at: at.repository(untagged_retention=timedelta(days=1) + FRACTION),
    ),
    Row(
        "untagged images kept for half days",
        "Stack/Images",
        "untagged_retention must be whole days, got 1 day, 12:00:00",
        lambda at: at.repository(untagged_retention=timedelta(days=1.5)),
    ),
    Row(
        "a pattern of five wildcards",
        "Stack/Images",
        "release_tag_patterns may have 4 * in one pattern, got '*a*b*c*d*'",
        lambda at: at.repository(release_tag_patterns=["*a*b*c*d*"]),
    ),
    Row(
        "49 patterns of releases",
        "Stack/Images",
        "release_tag_patterns must be at most 48, got 49",
        lambda at: at.repository(release_tag_patterns=[f"{number}.*" for number in range(49)]),
    ),
    Row(
        "a pattern that no tag can match",
        "Stack/Images",
        "release_tag_patterns must be a tag, with * for anything, got 'a b'",
        lambda at: at.repository(release_tag_patterns=["a b"]),
    ),
    Row(
        "an account of three digits",
        "Stack/Images",
        "pull_account_ids must be 12 digits each, got '123'",
        lambda at: at.repository(pull_account_ids=["123"]),
    ),
    Row(
        "the latest image",
        "Stack/Images",
        f"{_TAG} 'latest'",
        lambda at: at.repository().image("latest"),
        leaves=True,
    ),
    Row(
        "a registry that is none",
        "Stack/Cache",
        "upstream must be docker-hub, ecr-public, github, gitlab, kubernetes, quay, got 'dockerhub' "
        "(did you mean 'docker-hub'?)",
        lambda at: at.cache(upstream="dockerhub"),
    ),
    Row(
        "credentials that nobody takes",
        "Stack/Cache",
        "quay takes no credentials",
        lambda at: at.cache(credentials=at.secret),
    ),
    Row(
        "a cache in capitals",
        "Stack/Cache",
        "repository_prefix must be 2 to 30 lower-case letters, digits and single separators '.', '_' and '-', got 'Q'",
        lambda at: at.cache(repository_prefix="Q"),
    ),
    Row(
        "a cached image in capitals",
        "Stack/Cache",
        "name must be the name of an image in lower case, without its tag, got 'Acme/Worker'",
        lambda at: at.cache().image("Acme/Worker", "1.0.0"),
        leaves=True,
    ),
    Row(
        "the latest cached image",
        "Stack/Cache",
        f"{_TAG} 'latest'",
        lambda at: at.cache().image("acme/worker", "latest"),
        leaves=True,
    ),
)
