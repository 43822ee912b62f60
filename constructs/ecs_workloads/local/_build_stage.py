"""One stage of a Dockerfile, done on this machine: files are copied, and Python's packages installed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ecs_workloads.local import _namespaces
from ecs_workloads.local._dockerfile import Stage, Step, expand, pairs, words
from ecs_workloads.local._image import DEFAULT_PATH, Image
from ecs_workloads.local._loopback_container import run_build
from ecs_workloads.local._mode import Mode
from ecs_workloads.local._sandbox import Sandbox
from ecs_workloads.local.local_error import LocalError

_PYTHON = "/opt/python"
_SAY_NOTHING_TO_ECS = {"EXPOSE", "LABEL", "MAINTAINER", "HEALTHCHECK", "STOPSIGNAL", "VOLUME"}
_CAN_RUN = re.compile(r"(?:python3? -m )?(?:pip3?|venv) .*")


class StageBuild:
    """The build of one stage.

    Args:
        folder: Where the files of the stage go.
        sources: Folders that ``COPY --from`` may name: earlier stages and named contexts.
        context: The folder that is built.
        base: The earlier stage that this one begins with; ``None`` for an image of a registry.
        mode: How the image's containers will run.
    """

    def __init__(
        self, *, folder: Path, sources: Mapping[str, Path], context: Path, base: Image | None, mode: Mode
    ) -> None:
        self._mode = mode
        self._folder = folder
        self._sources = sources
        self._context = context
        self._arguments: dict[str, str] = {}
        self._environment = dict(base.environment) if base else {"PATH": DEFAULT_PATH}
        self._entry_point = base.entry_point if base else ()
        self._command = base.command if base else ()
        self._directory = base.working_directory if base else "/"
        self._user = base.user if base else ""
        self._warnings: list[str] = []
        folder.mkdir(parents=True, exist_ok=True)
        if base:
            shutil.copytree(base.folder, folder, symlinks=True, dirs_exist_ok=True)

    def run(self, stage: Stage, arguments: Mapping[str, str]) -> Image:
        """Do all steps of ``stage`` and return the image.

        Raises:
            LocalError: A step failed.
        """
        if self._mode is Mode.SIMULATED:
            return Image(folder=str(self._folder), warnings=("not built: nothing runs in simulated mode",))
        self._make_python()
        for step in stage.steps:
            value = expand(step.value, {**self._arguments, **self._environment})
            self._do(step, value, arguments)
        return Image(
            folder=str(self._folder),
            entry_point=tuple(self._entry_point),
            command=tuple(self._command),
            environment=self._environment,
            working_directory=self._directory,
            user=self._user,
            warnings=tuple(self._warnings),
        )

    def _do(self, step: Step, value: str, arguments: Mapping[str, str]) -> None:
        match step.instruction:
            case "ARG":
                name, _, default = value.partition("=")
                self._arguments[name] = arguments.get(name, default)
            case "ENV":
                self._environment.update(pairs(value))
            case "WORKDIR":
                self._directory = os.path.normpath(f"{self._directory}/{value}" if value[0] != "/" else value)
                self._inside(self._directory).mkdir(parents=True, exist_ok=True)
            case "COPY" | "ADD":
                self._copy(value)
            case "RUN":
                self._run(value)
            case "USER":
                self._user = value
            case "CMD":
                self._command = tuple(words(step.value))
            case "ENTRYPOINT":
                self._entry_point, self._command = tuple(words(step.value)), ()
            case name if name in _SAY_NOTHING_TO_ECS:
                pass
            case _:
                self._warnings.append(f"left out: {step.instruction} {step.value}")

    def _inside(self, path: str) -> Path:
        joined = os.path.normpath(path if path.startswith("/") else f"{self._directory}/{path}")
        return self._folder / joined.lstrip("/")

    def _copy(self, value: str) -> None:
        flags = [word for word in shlex.split(value) if word.startswith("--")]
        names = [word for word in shlex.split(value) if not word.startswith("--")]
        source = next((flag.partition("=")[2] for flag in flags if flag.startswith("--from=")), None)
        root = self._context if source is None else self._sources.get(source)
        if root is None:
            self._warnings.append(f"left out: COPY {value}: there is no stage or build context {source}")
            return
        for name in names[:-1]:
            found = sorted(root.glob(name.lstrip("/").removeprefix("./"))) if name.strip("./") else [root]
            if not found:
                raise LocalError(f"COPY {value}: {root} holds no {name}")
            into_folder = names[-1].endswith("/") or names[-1] == "." or len(names) > 2 or len(found) > 1  # noqa: PLR2004 - source and destination
            for path in found:
                self._copy_one(path, self._inside(names[-1]), into_folder=into_folder)

    def _copy_one(self, source: Path, target: Path, *, into_folder: bool) -> None:
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
            return
        where = target / source.name if into_folder or target.is_dir() else target
        where.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, where)
        where.chmod(0o755 if source.stat().st_mode & 0o100 else 0o644)

    def _run(self, value: str) -> None:
        line = re.sub(r"^(--\S+\s+)+", "", value.strip())
        for part in (each.strip() for each in line.split("&&")):
            if _CAN_RUN.fullmatch(part):
                command = shlex.split(part)
                if "venv" not in command:
                    self._make_pip()
                self._execute(command)
            else:
                self._warnings.append(f"left out: RUN {part}: only pip and venv run here")

    def _make_python(self) -> None:
        if not (self._folder / _PYTHON.lstrip("/")).exists():
            (self._folder / "opt").mkdir(exist_ok=True)
            self._make_environment("--without-pip")

    def _make_pip(self) -> None:
        """Put pip beside the Python of the image unless one is found: it takes far longer than all the rest."""
        folders = self._environment.get("PATH", DEFAULT_PATH).split(":")
        if not any(Path(f"{self._folder}{folder}", "pip").exists() for folder in folders):
            self._make_environment()

    def _make_environment(self, *options: str) -> None:
        python = Path(_namespaces.interpreter_folder(), "bin", "python3")
        self._execute([str(python), "-m", "venv", *options, _PYTHON])

    def _execute(self, command: list[str]) -> None:
        passed = {
            name: value for name, value in os.environ.items() if re.match(r"PIP_|\w+_proxy$", name, re.IGNORECASE)
        }
        with tempfile.TemporaryDirectory(prefix="ecs-workloads-build-") as staging:
            sandbox = Sandbox(
                staging=staging,
                image=str(self._folder),
                interpreter=str(_namespaces.interpreter_folder()),
                command=command,
                environment={**passed, **self._arguments, "HOME": "/tmp", **self._environment},  # noqa: S108 - of the image
                working_directory=self._directory,
                build=True,
                init=False,
            )
            done = run_build(sandbox) if self._mode is Mode.LOOPBACK else _run_inside(sandbox)
        if done.returncode != 0:
            last = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1]
            raise LocalError(f"RUN {shlex.join(command)} failed with exit code {done.returncode}: {last}")


def _run_inside(sandbox: Sandbox) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _namespaces.sandbox_command(), input=sandbox.to_json(), capture_output=True, text=True, check=False
    )
