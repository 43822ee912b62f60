"""The genuine CDK command line, pointed at a local target."""

from __future__ import annotations

import os
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ecs_workloads.local._state import StateFolder, TargetRecord
from ecs_workloads.local.local_error import LocalError

_HIDDEN = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")
_LAST_LINES = 3


class Cdk:
    """The ``cdk`` of a project.

    Args:
        project: Folder of the project; ``cdk`` runs in it.
        folder: Where the target keeps its state.
        record: The target.
        account: The AWS account that the target stands for.

    Raises:
        LocalError: There is no ``cdk``.
    """

    def __init__(self, project: Path, folder: StateFolder, record: TargetRecord, account: str) -> None:
        own = project / "node_modules/.bin/cdk"
        program = str(own) if own.exists() else shutil.which("cdk")
        if program is None:
            raise LocalError(
                "the CDK command line is missing: no node_modules/.bin/cdk, no cdk on the PATH; say npm install aws-cdk"
            )
        self._program = program
        self._project = project
        self._folder = folder
        self._mode = record.mode
        self._environment = {name: value for name, value in os.environ.items() if name not in _HIDDEN} | {
            # Whatever the app or the CLI does, it cannot reach AWS with credentials of the user.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_ENDPOINT_URL": record.endpoint,
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": record.region,
            "AWS_DEFAULT_REGION": record.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CDK_HOME": str(folder.cdk_home),
            "CDK_DOCKER": str(folder.docker),
            "CDK_DISABLE_CLI_TELEMETRY": "1",
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        }

    def write_docker(self) -> None:
        """Write the program that the CDK command line takes for Docker."""
        paths = os.pathsep.join(path for path in sys.path if path)
        command = shlex.join(
            [sys.executable, "-m", "ecs_workloads.local._docker", str(self._folder.images), self._mode]
        )
        script = f'#!/bin/sh\nPYTHONPATH={shlex.quote(paths)} exec {command} "$@"\n'
        self._folder.docker.write_text(script, encoding="utf-8")
        self._folder.docker.chmod(self._folder.docker.stat().st_mode | stat.S_IXUSR)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start ``cdk ARGUMENTS``; what it writes goes to the log of the folder."""
        with self._folder.cdk_log.open("ab") as log:
            log.write(f"\n$ cdk {' '.join(arguments)}\n".encode())
            log.flush()
            command = [self._program, *arguments, "--no-notices", "--no-version-reporting", "--ci"]
            return subprocess.Popen(
                command, cwd=self._project, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def run(self, *arguments: str) -> None:
        """Run ``cdk ARGUMENTS`` to its end.

        Raises:
            LocalError: It failed.
        """
        if self.start(*arguments).wait() != 0:
            raise LocalError(f"cdk {arguments[0]} failed: {self.last_words()}")

    def last_words(self) -> str:
        """Return the last lines that the command line wrote."""
        lines = self._folder.cdk_log.read_text(encoding="utf-8", errors="replace").splitlines()
        said = [line.strip() for line in lines if line.strip()]
        return " ".join(said[-_LAST_LINES:])

    def synthesize(self, app: str | None, contexts: Sequence[str]) -> Path:
        """Synthesise the app and return the folder of its cloud assembly.

        Args:
            app: The command of the app, or the folder of an assembly; what ``cdk.json`` says by default.
            contexts: Values of ``--context``.

        Raises:
            LocalError: The app fails.
        """
        if app is not None and (self._project / app / "manifest.json").is_file():
            return self._project / app
        shutil.rmtree(self._folder.assembly, ignore_errors=True)
        options = ["--output", str(self._folder.assembly), "--quiet", *(["--app", app] if app else [])]
        for context in contexts:
            options += ["--context", context]
        self.run("synth", "**", *options)
        return self._folder.assembly
