"""Which image a container runs, where its name tells."""

from __future__ import annotations

from aws_cdk import aws_ecs as ecs

from ecs_workloads._checks import is_token, require


def check_image(subject: str, container: ecs.ContainerDefinition) -> None:
    """Refuse an image without a version, which is another one tomorrow, when a task is replaced.

    Of a name that only the deployment knows, such as that of a repository in ECR, the tag may still be known.
    """
    name = container.image_name
    last = name.rpartition("/")[2]
    tag = last.rpartition(":")[2] if is_token(last) or ":" in last else "latest"
    require(tag != "latest", subject, f"the image must have a version or a digest, and not latest, got {name!r}")
