"""Which versions of RabbitMQ a broker may run, and may be upgraded from."""

from __future__ import annotations

import re

from aws_cdk import Token

from ecs_workloads._checks import require

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
# The last minor before 4.0.
_BEFORE_FOUR = (3, 13)
_WITHOUT_PARTITION_HANDLING = (4, 3, 0)


def check_version(path: str, version: str, upgrade_from: str | None) -> None:
    """Refuse a version that floats, has another configuration, or that the data cannot be upgraded to.

    RabbitMQ skips no minor, and goes back to none: https://www.rabbitmq.com/docs/rolling-upgrade
    """
    new = check_full_version(path, "version", version)
    require(new[0] == 4, path, f"version must be one of RabbitMQ 4, got {version}")  # noqa: PLR2004
    if upgrade_from is None:
        return
    old = check_full_version(path, "upgrade_from", upgrade_from)
    require(new >= old, path, f"a broker cannot go back from upgrade_from={upgrade_from} to version={version}")
    before = _BEFORE_FOUR if new[1] == 0 else (4, new[1] - 1)
    require(
        old[:2] in (new[:2], before),
        path,
        f"RabbitMQ skips no minor version: from upgrade_from={upgrade_from} go to {_next(old)} before {version}",
    )


def has_partition_handling(version: str) -> bool:
    """Return whether a node of that version can be told what to do where it sees no majority.

    From 4.3 on it has no such setting: it serves what it can, and its queues confirm nothing.
    https://www.rabbitmq.com/docs/partitions
    """
    return check_full_version("", "version", version) < _WITHOUT_PARTITION_HANDLING


def check_image_version(path: str, image_name: str, version: str) -> None:
    """Refuse an image whose tag names another version, or none: a task that is replaced would upgrade the data.

    What is built from a Dockerfile has a digest of its files as its tag.
    """
    name, _, digest = image_name.partition("@")
    tag = name.rpartition("/")[2].rpartition(":")[2]
    if digest or Token.is_unresolved(tag) or re.fullmatch(r"[0-9a-f]{64}", tag):
        return
    require(
        tag == version or tag.startswith(f"{version}-"),
        path,
        f"the image's tag is {tag!r}, and version={version}: choose a tag that begins with the full version",
    )
    require("alpine" not in tag, path, f"the image must not be of Alpine, whose user is another, got {tag!r}")


def check_full_version(path: str, argument: str, version: str) -> tuple[int, int, int]:
    match = _VERSION.fullmatch(version)
    if match is None:
        raise ValueError(f"{path}: {argument} must be a full version such as 4.2.1, got {version!r}")
    major, minor, patch = (int(number) for number in match.groups())
    return major, minor, patch


def _next(old: tuple[int, int, int]) -> str:
    return "4.0" if old[:2] == _BEFORE_FOUR else f"{old[0]}.{old[1] + 1}"
