"""Builds the images with buildah on a small Debian with Python, without a container engine."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.shop.processes import ROOT

BASE = "localhost/base"
_DEBIAN = "bookworm"
_PACKAGES = "python3,python3-venv,ca-certificates"
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_PATH = re.compile(r"(?:file://)?(/[^\s']+)")


@dataclass(frozen=True)
class ImageBuilder:
    """Images in a storage of their own.

    Args:
        folder: Empty folder for it.
    """

    folder: Path

    def make_base(self, archive: Path) -> None:
        """Make the base image of ``archive``, and the archive with mmdebstrap where it is not there yet."""
        if not archive.exists():
            partial = archive.with_suffix(".part.tar")
            _run(["mmdebstrap", "--variant=apt", f"--include={_PACKAGES}", _DEBIAN, str(partial)])
            partial.rename(archive)
        container = self._buildah("from", "scratch").strip()
        self._buildah("add", "--quiet", container, str(archive), "/")
        self._buildah("commit", "--quiet", "--rm", container, BASE)

    def base_digest(self) -> str:
        """Return the digest of the base image."""
        return self._buildah("images", "--digests", "--format", "{{.Digest}}", BASE).strip()

    def build(self, image: str, *, arguments: Sequence[str] = ()) -> str:
        """Build ``image`` from its Dockerfile and return its name.

        Raises:
            RuntimeError: It cannot be built; the text is what buildah said.
        """
        name = f"localhost/shop-{image}"
        volumes = [part for path in self._pip_files for part in ("--volume", f"{path}:{path}:ro")]
        configuration = ["--volume", f"{self._pip_configuration}:/etc/pip.conf:ro"]
        self._buildah(
            *("build", "--quiet", "--pull-never", "--format", "docker", "--isolation", "chroot"),
            *("--build-context", f"runtime={ROOT / 'runtime'}", "--build-arg", f"BASE={BASE}"),
            *(part for one in arguments for part in ("--build-arg", one)),
            *(*volumes, *configuration, "--tag", name, str(ROOT / "images" / image)),
        )
        return name

    def configuration(self, name: str) -> dict[str, Any]:
        """Return what the image says about how it is run."""
        found: dict[str, Any] = json.loads(self._buildah("inspect", "--type", "image", name))["Docker"]["config"]
        return found

    def unpack(self, name: str) -> Path:
        """Return the root file system of a container of the image."""
        return Path(self._buildah("mount", self._buildah("from", "--pull-never", name).strip()).strip())

    @cached_property
    def _pip_settings(self) -> dict[str, str]:
        """How pip reaches its packages on this machine, as ``pip config list`` has it."""
        listed = _run([sys.executable, "-m", "pip", "config", "list"])
        pairs = [line.partition("=") for line in listed.splitlines()]
        # Variables win over files.
        ordered = sorted(pairs, key=lambda pair: pair[0].startswith(":env:"))
        return {name.rsplit(".", maxsplit=1)[-1]: value.strip("'") for name, _, value in ordered}

    @cached_property
    def _pip_configuration(self) -> Path:
        file = self.folder / "pip.conf"
        lines = [f"{name} = {value.encode().decode('unicode_escape')}" for name, value in self._pip_settings.items()]
        file.write_text("\n".join(["[global]", *lines, ""]), encoding="utf-8")
        return file

    @cached_property
    def _pip_files(self) -> list[Path]:
        named = {Path(match[1]) for value in self._pip_settings.values() for match in _PATH.finditer(value)}
        # An index on the disk points to files beside it.
        found = {path.parent if path.name == "simple" else path for path in named | {_CERTIFICATES}}
        return sorted(path for path in found if path.exists())

    def _buildah(self, *arguments: str) -> str:
        storage = ["--storage-driver", "vfs", "--root", f"{self.folder}/root", "--runroot", f"{self.folder}/run"]
        return _run(["buildah", *storage, *arguments])


def _run(command: Sequence[str]) -> str:
    run = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "BUILDAH_ISOLATION": "chroot"}
    )
    if run.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {run.returncode}: {run.stderr[-3000:]}")
    return run.stdout
