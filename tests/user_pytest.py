"""pytest as a user calls it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class UserPytest:
    """Runs pytest in a folder of its own, with the library installed from its wheel and nothing of this repository.

    Args:
        folder: Where the files of the user are.
        installed: What is installed.
    """

    folder: Path
    installed: Path

    def write(self, name: str, text: str) -> None:
        """Write a file of the user."""
        (self.folder / name).write_text(text, encoding="utf-8")

    def __call__(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run pytest with more environment variables."""
        ours = ("CDK_VALIDATION", "PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST", "PYTEST_XDIST_WORKER")
        environment = {name: value for name, value in os.environ.items() if name not in ours}
        environment.update({"PYTHONPATH": f"{self.installed}{os.pathsep}{self.folder}", **variables})
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)

    def passes(self, *arguments: str, **variables: str) -> None:
        """Run pytest and expect that every test passes."""
        done = self(*arguments, **variables)
        assert done.returncode == 0, done.stdout + done.stderr
