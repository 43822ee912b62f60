"""What a project says about its local target, in ``ecs-workloads.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ecs_workloads.local._local_image import DockerfileImage, LocalImage, RootImage
from ecs_workloads.local.local_error import LocalError

FILE = "ecs-workloads.toml"
_OF_A_FOLDER = ("folder", "contexts")
_OF_A_ROOT = ("root", "entry-point", "command", "environment", "user")


def local_images(project: Path) -> dict[str, LocalImage]:
    """Return ``[local.images]``: for each image of a registry, what stands for it on this machine.

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
    return {name: _image(project, said, f"{file}: [local.images] {name}") for name, said in images.items()}


def _image(project: Path, said: object, where: str) -> LocalImage:
    values: Mapping[str, Any] = {"folder": said} if isinstance(said, str) else _table(said, where)
    known = _OF_A_ROOT if "root" in values else _OF_A_FOLDER
    if unknown := sorted(values.keys() - known):
        raise LocalError(f"{where} must have nothing but {', '.join(known)}, got {', '.join(unknown)}")
    if "root" in values:
        return _root(project, values, where)
    folder = values.get("folder")
    if not isinstance(folder, str) or not (project / folder / "Dockerfile").is_file():
        raise LocalError(f"{where} must be a folder with a Dockerfile, got {folder!r}")
    contexts = {
        name: _folder(project, path, f"{where} contexts {name}")
        for name, path in _table(values.get("contexts", {}), f"{where} contexts").items()
    }
    return DockerfileImage(folder=project / folder, contexts=contexts)


def _root(project: Path, values: Mapping[str, Any], where: str) -> RootImage:
    environment = _table(values.get("environment", {}), f"{where} environment")
    user = values.get("user", "")
    for name, value in (*environment.items(), ("user", user)):
        if not isinstance(value, str):
            raise LocalError(f"{where} {name} must be text, got {value!r}")
    return RootImage(
        folder=_folder(project, values["root"], f"{where} root").resolve(),
        entry_point=_words(values.get("entry-point", []), f"{where} entry-point"),
        command=_words(values.get("command", []), f"{where} command"),
        environment=environment,
        user=user,
    )


def _folder(project: Path, said: object, where: str) -> Path:
    folder = project / Path(said).expanduser() if isinstance(said, str) else None
    if folder is None or not folder.is_dir():
        raise LocalError(f"{where} must be a folder, got {said!r}")
    return folder


def _table(said: object, where: str) -> dict[str, Any]:
    if not isinstance(said, dict):
        raise LocalError(f"{where} must be a table, got {said!r}")
    return {str(name): value for name, value in said.items()}  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType]


def _words(said: object, where: str) -> tuple[str, ...]:
    words: list[object] = said if isinstance(said, list) else [said]  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(said, list) or not all(isinstance(word, str) for word in words):
        raise LocalError(f"{where} must be a list of words, got {said!r}")
    return tuple(map(str, words))
