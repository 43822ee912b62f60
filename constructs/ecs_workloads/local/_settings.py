"""What a project says about its local target, in ``ecs-workloads.toml``."""

from __future__ import annotations

import tomllib
from pathlib import Path

from ecs_workloads.local.local_error import LocalError

FILE = "ecs-workloads.toml"


def image_folders(project: Path) -> dict[str, str]:
    """Return ``[local.images]``: for each image of a registry, the folder with a Dockerfile that stands for it.

    Args:
        project: Folder of the project.

    Raises:
        LocalError: The file is wrong.
    """
    file = project / FILE
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise LocalError(f"{file}: {error}") from error
    images = content.get("local", {}).get("images", {})
    for name, folder in images.items():
        if not isinstance(folder, str) or not (project / folder / "Dockerfile").is_file():
            raise LocalError(f"{file}: [local.images] {name} must be a folder with a Dockerfile, got {folder!r}")
    return {name: str(project / folder) for name, folder in images.items()}
