"""An image as the local target runs it: a folder of files, and what its Dockerfile says about starting it."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_PATH = "/opt/python/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, kw_only=True)
class Image:
    """One image.

    Args:
        folder: Its files, a tree that begins at ``/``.
        entry_point: What ``ENTRYPOINT`` says.
        command: What ``CMD`` says.
        environment: What ``ENV`` says.
        working_directory: What ``WORKDIR`` says.
        user: What ``USER`` says: a number, and the number of a group after a colon.
        whole: Whether the files are a whole system, beside which nothing of this machine is seen.
        warnings: Steps of the Dockerfile that were left out, and why.
    """

    folder: str
    entry_point: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": DEFAULT_PATH})
    working_directory: str = "/"
    user: str = ""
    whole: bool = False
    warnings: tuple[str, ...] = ()

    def write(self, file: Path) -> None:
        """Write the image's description to ``file``."""
        file.write_text(json.dumps(dataclasses.asdict(self), indent=2), encoding="utf-8")

    @classmethod
    def read(cls, file: Path) -> Image:
        """Return the image that ``file`` describes."""
        values = json.loads(file.read_text(encoding="utf-8"))
        for name in ("entry_point", "command", "warnings"):
            values[name] = tuple(values[name])
        return cls(**values)
