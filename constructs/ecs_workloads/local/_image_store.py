"""The images that a target can run, by name and tag."""

from __future__ import annotations

import urllib.parse
from pathlib import Path

from ecs_workloads.local._image import Image


class ImageStore:
    """Names of images, each with what it stands for.

    Args:
        folder: Where the names are kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, name: str) -> Image | None:
        """Return the image called ``name``, such as ``shop:1.4.2``; ``None`` when there is none."""
        file = self._file(name)
        return Image.read(file) if file.is_file() else None

    def put(self, name: str, image: Image) -> None:
        """Make ``name`` stand for ``image``."""
        self._folder.mkdir(parents=True, exist_ok=True)
        image.write(self._file(name))

    def names(self) -> list[str]:
        """Return all names, sorted."""
        files = list(self._folder.glob("*.json"))
        return sorted(urllib.parse.unquote(file.stem) for file in files)

    def _file(self, name: str) -> Path:
        return self._folder / f"{urllib.parse.quote(name, safe='')}.json"
