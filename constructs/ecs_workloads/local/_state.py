"""The folder in which a project keeps its local target."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from ecs_workloads.local.local_error import LocalError

FORMAT = 1
_LEAST_FREE = 4096  # bytes: not even one more block
FOLDER = ".ecs-workloads"


@dataclass(frozen=True, kw_only=True)
class TargetRecord:
    """A running target.

    Args:
        pid: Number of the supervisor's process.
        port: Port of the API, on 127.0.0.1.
        region: The AWS region that it stands for.
        mode: How its tasks run.
        format: Version of the folder's contents.
    """

    pid: int
    port: int
    region: str
    mode: str = "namespaces"
    format: int = field(default=FORMAT)

    @property
    def endpoint(self) -> str:
        """The address of the API."""
        return f"http://127.0.0.1:{self.port}"


class StateFolder:
    """The folder of one target.

    Args:
        path: Where it is.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.images = path / "images"
        self.volumes = path / "volumes"
        self.assembly = path / "cdk.out"
        self.cdk_home = path / "cdk-home"
        self.docker = path / "docker"
        self.log = path / "target.log"
        self.cdk_log = path / "cdk.log"
        self._record = path / "target.json"

    def create(self) -> None:
        """Make the folder, which git ignores.

        Raises:
            LocalError: It cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            (self.path / ".gitignore").write_text("*\n", encoding="utf-8")
        except OSError as error:
            raise LocalError(f"cannot write {self.path}: {error.strerror}") from error

    def read(self) -> TargetRecord | None:
        """Return the target that runs; ``None`` when none does.

        Raises:
            LocalError: Another version of this program wrote the folder.
        """
        try:
            values = json.loads(self._record.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except ValueError as error:
            raise LocalError(f"{self._record} is damaged; delete {self.path} and start again") from error
        if values.get("format") != FORMAT:
            raise LocalError(
                f"{self.path} is of version {values.get('format')}, this program writes version {FORMAT}; "
                "take the target down with the version that made it, or delete the folder"
            )
        record = TargetRecord(**values)
        return record if _runs(record.pid) else None

    def write(self, record: TargetRecord) -> None:
        """Keep which target runs.

        Raises:
            LocalError: The folder cannot be written, because the disk is full for example.
        """
        try:
            self._record.write_text(json.dumps(dataclasses.asdict(record)), encoding="utf-8")
        except OSError as error:
            raise LocalError(f"cannot write {self._record}: {error.strerror}") from error

    def is_full(self) -> bool:
        """Return whether the disk of the folder has no space left."""
        return self.path.exists() and shutil.disk_usage(self.path).free < _LEAST_FREE

    def remove(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)


def _runs(pid: int) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return not Path("/proc").is_dir() and _answers(pid)
    return b"ecs_workloads.local._supervisor" in command


def _answers(pid: int) -> bool:
    """Return whether there is a process with this number, where there is no ``/proc``."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
