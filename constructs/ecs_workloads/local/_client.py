"""A running target, as ``ecs-workloads local`` asks it."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from typing import Any

from ecs_workloads.local._mode import Mode
from ecs_workloads.local._state import TargetRecord
from ecs_workloads.local.local_error import LocalError

Answer = dict[str, Any]
_TIMEOUT = 30.0  # seconds


class TargetClient:
    """Asks one target.

    Args:
        record: The target.
    """

    def __init__(self, record: TargetRecord) -> None:
        self._record = record

    def types(self) -> list[str]:
        """Return the resource types that it creates."""
        types: list[str] = self._get("types")
        return types

    def services(self) -> list[Answer]:
        """Return its services, each with its tasks and addresses."""
        services: list[Answer] = self._get("services")
        return services

    def stacks(self) -> list[Answer]:
        """Return its stacks, each with its status and why it failed."""
        stacks: list[Answer] = self._get("stacks")
        return stacks

    def entries(self) -> list[Answer]:
        """Return the listeners of its load balancers, each with its address on this machine."""
        entries: list[Answer] = self._get("entries")
        return entries

    def logs(self, group: str, *, after: int) -> list[Answer]:
        """Return the lines of one group of tasks that came after line ``after``."""
        lines: list[Answer] = self._get("logs", group=group, after=str(after))
        return lines

    def families(self) -> list[str]:
        """Return the families of its task definitions."""
        families: list[str] = self._get("families")
        return families

    def run_task(self, family: str) -> str:
        """Run a task of ``family`` and return its id."""
        return str(self._get("run-task", family=family)["id"])

    def task(self, task_id: str) -> Answer:
        """Return the state of a task."""
        task: Answer = self._get("task", id=task_id)
        return task

    def service(self, name: str) -> Answer:
        """Return the service called ``name``, or the only one whose name holds it.

        Raises:
            LocalError: There is none, or several.
        """
        services = self.services()
        found = the_one(name, [str(each["name"]) for each in services], "service")
        return next(each for each in services if each["name"] == found)

    def _get(self, question: str, **query: str) -> Any:  # noqa: ANN401 - JSON
        url = f"{self._record.endpoint}/_ecs-workloads/{question}?{urllib.parse.urlencode(query)}"
        try:
            with urllib.request.urlopen(url, timeout=_TIMEOUT) as answer:  # noqa: S310 - it begins with http
                return json.load(answer)
        except urllib.error.HTTPError as error:
            said = json.load(error)
            raise LocalError(str(said["error"] if said else error)) from error
        except (urllib.error.URLError, OSError) as error:
            raise LocalError(f"the target at {self._record.endpoint} does not answer: {error}") from error


def unsteady(services: Sequence[Answer], mode: Mode) -> list[str]:
    """Return a line for each service with fewer tasks than it wants: well ones, or simulated ones, which only run."""
    counted = "running" if mode is Mode.SIMULATED else "healthy"
    return [
        f"{service['name']} has {service[counted]} {counted} of {service['desired']} tasks"
        for service in services
        if service[counted] < service["desired"]
    ]


def the_one(name: str, names: Sequence[str], kind: str) -> str:
    """Return ``name``, or the only one of ``names`` that holds it.

    Args:
        name: What the user said.
        names: What there is.
        kind: What it is the name of.

    Raises:
        LocalError: There is none, or there are several.
    """
    found = [each for each in names if each == name] or [each for each in names if name.lower() in each.lower()]
    if len(found) != 1:
        count = "several" if found else "no"
        raise LocalError(f"{count} {kind} has a name like {name!r}; there is: {', '.join(found or names) or 'none'}")
    return found[0]
