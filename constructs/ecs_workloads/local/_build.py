"""Builds of Dockerfiles without Docker, kept in the user's cache."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ecs_workloads.local._build_stage import StageBuild
from ecs_workloads.local._dockerfile import read_stages
from ecs_workloads.local._image import Image
from ecs_workloads.local._mode import Mode
from ecs_workloads.local.local_error import LocalError

_FORMAT = "2"  # a change of how images are built makes another cache


@dataclass(frozen=True, kw_only=True)
class Build:
    """What ``docker build`` is asked for.

    Args:
        context: The folder that is built.
        dockerfile: The Dockerfile.
        arguments: Values of its ``ARG`` instructions.
        contexts: Named build contexts, each with its folder.
        target: The stage to stop at. The last one by default.
        mode: How the image's containers will run: its paths depend on it.
    """

    context: Path
    dockerfile: Path
    arguments: Mapping[str, str] = field(default_factory=dict[str, str])
    contexts: Mapping[str, Path] = field(default_factory=dict[str, Path])
    target: str | None = None
    mode: Mode = Mode.NAMESPACES

    def run(self) -> Image:
        """Return the image, from the cache when nothing that it is made of changed.

        Raises:
            LocalError: The Dockerfile cannot be read, or a step of it failed.
        """
        folder = cache_folder() / self._key()
        folder.mkdir(parents=True, exist_ok=True)
        description = folder / "image.json"
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not description.is_file():
                self._build(folder).write(description)
        return Image.read(description)

    def _build(self, folder: Path) -> Image:
        stages = read_stages(self.dockerfile, self.arguments)
        built: dict[str, Image] = {}
        for stage in stages:
            files = folder / f"stage-{len(built)}"
            shutil.rmtree(files, ignore_errors=True)
            sources = {**{name: Path(image.folder) for name, image in built.items()}, **self.contexts}
            base = built.get(stage.base)
            build = StageBuild(folder=files, sources=sources, context=self.context, base=base, mode=self.mode)
            built[stage.name] = build.run(stage, self.arguments)
            if stage.name == self.target:
                break
        if self.target is not None and self.target not in built:
            raise LocalError(f"{self.dockerfile} has no stage {self.target}; it has {', '.join(built)}")
        return built[self.target or stages[-1].name]

    def _key(self) -> str:
        digest = hashlib.sha256()
        for part in (
            _FORMAT,
            self.mode,
            sys.version,
            sys.base_prefix,
            str(self.target),
            str(sorted(self.arguments.items())),
        ):
            digest.update(part.encode() + b"\0")
        try:
            digest.update(self.dockerfile.read_bytes())
        except OSError as error:
            raise LocalError(f"cannot read {self.dockerfile}: {error.strerror}") from error
        for name, folder in (("", self.context), *sorted(self.contexts.items())):
            digest.update(name.encode() + b"\0")
            for path in _files(folder):
                digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes() + b"\0")
        return digest.hexdigest()[:32]


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def cache_folder() -> Path:
    """Return where built images are kept: ``ecs-workloads/images`` in the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base, "ecs-workloads", "images")
