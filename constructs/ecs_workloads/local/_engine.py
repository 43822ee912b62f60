"""Runs the tasks that ministack places, as processes, and ends them as ECS does."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from ecs_workloads.local import _ministack, _task_states
from ecs_workloads.local._log_tail import LogTail
from ecs_workloads.local._ministack import Document, Response
from ecs_workloads.local._target_groups import TargetGroups
from ecs_workloads.local._task_runs import Run, TaskRuns

_ecs = _ministack.module("services.ecs")
_responses = _ministack.module("core.responses")
_concurrency = _ministack.module("core.concurrency")
_log = logging.getLogger("ecs_workloads.local")

_LONGEST_PAUSE = 30.0  # seconds before another try of a task that keeps failing
_FREE_TRIES = 3


class Engine:
    """The tasks of the target.

    Args:
        runs: Makes what runs a task.
        targets: The target groups that tasks are registered in.
        tail: Where the lines that tasks write go, besides CloudWatch Logs.
    """

    def __init__(self, *, runs: TaskRuns, targets: TargetGroups, tail: LogTail) -> None:
        self._makers = runs
        self._targets = targets
        self._tail = tail
        self._runs: dict[str, Run] = {}
        self._failures: dict[str, int] = {}

    def install(self) -> None:
        """Make ministack run tasks through this engine."""
        _ministack.replace(_ecs, "_get_docker", lambda: self)
        _ministack.replace(_ecs, "_deployment_needs_first_task", _all_at_once)
        _ministack.replace(_ecs, "_run_task_worker", self._run)
        _ministack.replace(_ecs, "_stop_task", self._stop_on_request)
        _ministack.replace(_ecs, "_maybe_mark_stopped", _do_nothing)

    def run_of(self, task: Document) -> Run | None:
        """Return what runs a task."""
        return self._runs.get(task["taskArn"])

    def stop(self, task: Document, reason: str, code: str) -> None:
        """Take a task out of its target groups, let its requests end, and stop it; returns at once."""
        if _task_states.begin_stop(task, reason, code):
            _concurrency.spawn_background(self._finish, task, thread_name="stop-task")

    def stop_all(self) -> None:
        """Stop every task without waiting for requests, and return when all have ended."""
        runs = list(self._runs.values())
        if runs:
            with ThreadPoolExecutor(len(runs)) as pool:
                for run in runs:
                    pool.submit(run.stop)

    def _run(
        self,
        task: Document,
        definition: Document,
        overrides: list[Document],
        _docker: object,
        account: str,
        region: str,
    ) -> None:
        task["group"] = task["group"] or f"family:{definition['family']}"  # as AWS has it
        with _responses.request_scope(account, region):
            try:
                started = self._start(task, definition, overrides)
            except Exception as error:  # noqa: BLE001 - whatever it was, the task failed to start and says why
                _log.warning("task %s: %s", task["taskArn"], error)
                self._fail(task, str(error))
                return
            if not started:
                return
            run = self._runs[task["taskArn"]]
            run.wait()
            codes = {name: code for name, code in run.exit_codes().items() if code is not None}
            said = ", ".join(f"{name} with exit code {code}" for name, code in codes.items())
            last = self._tail.last(run.task_id)
            said += f", saying: {last}" if last else ""
            if _task_states.begin_stop(task, f"Essential container in task exited: {said}", "EssentialContainerExited"):
                self._after_failure(task)
                self._finish(task)

    def _start(self, task: Document, definition: Document, overrides: list[Document]) -> bool:
        arn = str(task["taskArn"])
        if not _ecs._mark_task_pending(arn, task):
            return False
        self._pause_after_failures(task)
        run = self._makers.make(
            task, definition, overrides, log=self._logger(task, definition), changed=lambda: self._note_health(task)
        )
        self._runs[arn] = run
        if not _ecs._mark_task_activating(arn, task):
            return False
        run.start()
        _task_states.attach_network(task, run.address)
        for container in task["containers"]:
            container["lastStatus"] = "RUNNING"
        running: bool = _ecs._mark_task_running(arn, task)
        task["_startup_stable"] = False
        task["_running_since"] = time.monotonic()
        return running

    def _pause_after_failures(self, task: Document) -> None:
        tries = self._failures.get(str(task.get("group")), 0) - _FREE_TRIES
        end = time.monotonic() + (min(2.0**tries, _LONGEST_PAUSE) if tries > 0 else 0)
        while time.monotonic() < end and _ecs._task_is_active(task["taskArn"], task):
            time.sleep(0.1)

    def _fail(self, task: Document, reason: str) -> None:
        if _task_states.begin_stop(task, reason, "TaskFailedToStart"):
            self._after_failure(task)
            self._finish(task)

    def _after_failure(self, task: Document) -> None:
        service = _task_states.service_of(task)
        if service is not None:
            group = str(task["group"])
            self._failures[group] = self._failures.get(group, 0) + 1
            _task_states.add_event(service, f"task {str(task['taskArn'])[-32:]} stopped: {task['stoppedReason']}")
        _ecs._record_service_task_failure(task)

    def forget_failures(self, group: str) -> None:
        """Let the next task of a service start without a pause: one of its tasks is well."""
        self._failures.pop(group, None)

    def count_failure(self, task: Document, reason: str) -> None:
        """Stop a task that runs but is not well, and count it as a failure of its deployment."""
        if _task_states.begin_stop(task, reason, "ServiceSchedulerInitiated"):
            self._after_failure(task)
            _concurrency.spawn_background(self._finish, task, thread_name="stop-task")

    def _finish(self, task: Document) -> None:
        run = self._runs.get(task["taskArn"])
        if run is not None:
            self._targets.drain(_task_states.address(task))
            run.stop()
        _task_states.end_stop(task, {} if run is None else run.exit_codes())
        self._runs.pop(task["taskArn"], None)

    def _stop_on_request(self, request: Document) -> Response:
        cluster = _ecs._resolve_cluster_name(request.get("cluster", "default"))
        task = None if cluster is None else _ecs._resolve_task(request.get("task", ""), cluster)
        if task is None:
            missing: Response = _responses.error_response_json(
                "InvalidParameterException", "The referenced task was not found.", 400
            )
            return missing
        self.stop(task, str(request.get("reason", "Task stopped by user")), "UserInitiated")
        stopped: Response = _responses.json_response({"task": _ecs._sanitize(task)})
        return stopped

    def _note_health(self, task: Document) -> None:
        run = self.run_of(task)
        if run is not None:
            for container in task["containers"]:
                container["healthStatus"] = run.health(container["name"])
            task["healthStatus"] = run.task_health()

    def _logger(self, task: Document, definition: Document) -> Callable[[str, str], None]:
        account, region = _responses.get_account_id(), _responses.get_region()
        task_id = str(task["taskArn"]).rsplit("/", 1)[-1]
        streams: dict[str, Document | None] = {}
        lock = threading.Lock()
        for container in definition["containerDefinitions"]:
            stream = _ecs._awslogs_config(container, task_id, task_id)
            streams[container["name"]] = stream if stream and _ecs._ensure_awslogs_stream(stream) else None

        def log(container: str, line: str) -> None:
            self._tail.add(group=str(task["group"]), task_id=task_id, container=container, line=line)
            stream = streams[container]
            if stream is not None:
                with lock, _responses.request_scope(account, stream["region"] or region):
                    _ecs._emit_awslogs_event(stream, line)

        return log


def _all_at_once(*_arguments: object) -> bool:
    """Let all tasks of a deployment start together: no digest has to be found first."""
    return False


def _do_nothing(*_arguments: object) -> None:
    """Leave a task as it is: ``Engine`` says when it stopped."""
