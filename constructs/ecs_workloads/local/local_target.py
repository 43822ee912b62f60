"""A local target: started, deployed to, asked and taken down."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ecs_workloads.local._assembly import Assembly
from ecs_workloads.local._cdk import Cdk
from ecs_workloads.local._client import Answer, TargetClient, unsteady
from ecs_workloads.local._image_store import ImageStore
from ecs_workloads.local._local_image import LocalImage
from ecs_workloads.local._mode import Mode, choose, why_not
from ecs_workloads.local._settings import local_images
from ecs_workloads.local._state import FOLDER, StateFolder, TargetRecord
from ecs_workloads.local.local_error import LocalError

ACCOUNT = "000000000000"
_LONGEST_STOP = 150.0  # seconds: the longest stop time-out of ECS, and some more
# A scaling policy may want more tasks than the deployment began with, each with a health check to pass.
_LONGEST_WAIT = 300.0
_PACE = 0.3

Report = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class LocalTarget:
    """The local target of one project.

    Args:
        project: Folder of the project.
    """

    project: Path

    @property
    def folder(self) -> StateFolder:
        """Where its state is kept."""
        return StateFolder(self.project / FOLDER)

    @property
    def mode(self) -> Mode:
        """How the tasks of the running target run.

        Raises:
            LocalError: None runs.
        """
        return Mode(self._running().mode)

    def client(self) -> TargetClient:
        """Return what asks the running target.

        Raises:
            LocalError: None runs.
        """
        return TargetClient(self._running())

    def _running(self) -> TargetRecord:
        record = self.folder.read()
        if record is None:
            raise LocalError(f"no local target runs for {self.project}; say ecs-workloads local up")
        return record

    def up(
        self,
        *,
        app: str | None,
        contexts: Sequence[str],
        port: int,
        region: str,
        report: Report,
        mode: str | None = None,
    ) -> list[Answer]:
        """Start the target unless it runs, deploy the app, and return its services once they are steady.

        A target that was started for this and could not be deployed to is taken down again.

        Args:
            app: The command of the CDK app, or a cloud assembly; what ``cdk.json`` says by default.
            contexts: Values of ``--context``, each ``NAME=VALUE``.
            port: Port of the API on 127.0.0.1; 0 for a free one.
            region: The AWS region of stacks that name none.
            report: Called with a line for each step that is done.
            mode: How tasks run: ``namespaces``, ``loopback`` or ``simulated``. By default that of the target that runs,
                or else the best that this machine can do.

        Raises:
            LocalError: It did not work; the message says what and why.
        """
        images = local_images(self.project)
        running = self.folder.read()
        if running is not None and mode not in {None, running.mode}:
            raise LocalError(f"the target runs in mode {running.mode}, not {mode}; take it down first")
        record = running or self._start(port, region, choose(mode))
        try:
            report(f"{'The target runs' if running else 'Started the target'} at {record.endpoint}")
            if Mode(record.mode).label:
                report(Mode(record.mode).label)
            if running is None and mode is None and record.mode != Mode.NAMESPACES:
                report(f"Not in a better mode: {why_not()}")
            self._deploy(record, app, contexts, images, report)
            return self._steady_services(record)
        except BaseException as error:
            # Whatever came of it, in the command line of CDK or here: it says nothing of the disk.
            full = self.folder.is_full() and isinstance(error, (LocalError, OSError))
            if running is None:
                self.down()
            if full:
                raise LocalError(f"cannot write {self.folder.path}: no space is left on its disk") from error
            if running is not None and isinstance(error, LocalError):
                raise LocalError(f"{error} (what cdk wrote is in {self.folder.cdk_log})") from error
            raise

    def down(self) -> bool:
        """Stop the target and remove its folder; return whether there was one."""
        if not self.folder.path.exists():
            return False
        record = self.folder.read()
        if record is not None:
            os.kill(record.pid, signal.SIGTERM)
            end = time.monotonic() + _LONGEST_STOP
            while self.folder.read() is not None:
                if time.monotonic() > end:
                    os.kill(record.pid, signal.SIGKILL)  # the kernel ends the rest with it
                time.sleep(0.05)
        self.folder.remove()
        return True

    def _start(self, port: int, region: str, mode: Mode) -> TargetRecord:
        folder = self.folder
        folder.remove()
        folder.create()
        command = [
            sys.executable,
            "-m",
            "ecs_workloads.local._supervisor",
            str(folder.path.resolve()),
            str(port),
            region,
            mode,
        ]
        with folder.log.open("ab") as log:
            supervisor = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, start_new_session=True
            )
        assert supervisor.stdout is not None  # noqa: S101 - it is a pipe
        with supervisor.stdout as said:
            line = said.readline()
        answer = json.loads(line) if line else {"error": f"the target did not start; see {folder.log}"}
        record = folder.read() if "port" in answer else None
        if record is None:
            supervisor.terminate()
            supervisor.wait()
            last = folder.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
            folder.remove()
            raise LocalError(" ".join([str(answer.get("error", "the target did not start")), *last]))
        return record

    def _deploy(
        self,
        record: TargetRecord,
        app: str | None,
        contexts: Sequence[str],
        images: Mapping[str, LocalImage],
        report: Report,
    ) -> None:
        client = TargetClient(record)
        cdk = Cdk(self.project, self.folder, record, ACCOUNT)
        cdk.write_docker()
        assembly = Assembly(folder=cdk.synthesize(app, contexts))
        report("Synthesised the app")
        assembly.check(client.types(), images, Mode(record.mode))
        for name, image in images.items():
            ImageStore(self.folder.images).put(name, image.make(name, Mode(record.mode)))
        for account, region in sorted(assembly.environments(ACCOUNT, record.region)):
            Cdk(self.project, self.folder, record, account).run(
                "bootstrap", f"aws://{account}/{region}", "--app", str(assembly.folder)
            )
        report("Bootstrapped")
        self._deploy_stacks(cdk, assembly.folder, client, report)
        for warning in self._warnings():
            report(f"Warning: {warning}")

    @staticmethod
    def _steady_services(record: TargetRecord) -> list[Answer]:
        client = TargetClient(record)
        end = time.monotonic() + _LONGEST_WAIT
        while missing := unsteady(services := client.services(), Mode(record.mode)):
            if time.monotonic() > end:
                raise LocalError(f"not steady after {_LONGEST_WAIT / 60:.0f} minutes: {'; '.join(missing)}")
            time.sleep(_PACE)
        return services

    def _deploy_stacks(self, cdk: Cdk, assembly: Path, client: TargetClient, report: Report) -> None:
        options = ["--require-approval", "never", "--concurrency", "4", "--asset-parallelism", "--progress", "events"]
        process = cdk.start("deploy", "**", "--app", str(assembly), *options)
        began, told = time.monotonic(), {str(stack["name"]): str(stack["status"]) for stack in client.stacks()}
        try:
            while process.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_PACE)
                self._tell(client, told, report, began)
        except BaseException:
            process.terminate()
            process.wait()
            raise
        if process.returncode != 0:
            failed = [f"{stack['name']}: {stack['reason']}" for stack in client.stacks() if stack["reason"]]
            raise LocalError(f"cdk deploy failed: {'; '.join(failed) or cdk.last_words()}")

    @staticmethod
    def _tell(client: TargetClient, told: dict[str, str], report: Report, began: float) -> None:
        for stack in client.stacks():
            name, status = str(stack["name"]), str(stack["status"])
            if told.get(name) != status and not status.endswith("_IN_PROGRESS"):
                seconds = time.monotonic() - began
                words = status.lower().replace("_", " ")
                report(f"{name}: {words}, {stack['resources']} resources, after {seconds:.1f} s")
            told[name] = status

    def _warnings(self) -> list[str]:
        store = ImageStore(self.folder.images)
        found = [image for image in map(store.find, store.names()) if image is not None]
        return sorted({warning for image in found for warning in image.warnings})
