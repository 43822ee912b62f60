"""Which image a container runs, where its name tells."""

from __future__ import annotations

from aws_cdk import aws_ecs as ecs

from ecs_workloads._cached_image import CachedImage
from ecs_workloads._checks import check_name, is_token, require


def check_tag(subject: str, tag_or_digest: str) -> None:
    """Refuse what is no tag and no digest, and the tag that names another image tomorrow; a token passes.

    https://docs.docker.com/reference/cli/docker/image/tag/
    """
    check_name(
        subject,
        "an image's tag or digest",
        tag_or_digest,
        r"(?!latest$)[A-Za-z0-9_][A-Za-z0-9._-]{0,127}|sha256:[0-9a-f]{64}",
        "a version, such as 1.0.0, but not latest, or sha256: and 64 digits",
    )


def check_image(subject: str, image: ecs.ContainerImage, container: ecs.ContainerDefinition) -> None:
    """Refuse an image without a version, which is another one tomorrow, when a task is replaced, and a cache elsewhere.

    Of a name that only the deployment knows, such as that of a repository in ECR, the tag may still be known.
    """
    name = container.image_name
    last = name.rpartition("/")[2]
    tag = last.rpartition(":")[2] if is_token(last) or ":" in last else "latest"
    require(tag != "latest", subject, f"the image must have a version or a digest, and not latest, got {name!r}")
    place = image.elsewhere(container) if isinstance(image, CachedImage) else None
    require(
        place is None,
        subject,
        f"the image is kept by a cache in {place}, from which the task does not pull: make a PullThroughCache in the "
        "account and region of the task",
    )
