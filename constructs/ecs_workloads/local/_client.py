"""A running target, as ``ecs-workloads local`` asks it."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

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

    def service(self, name: str) -> Answer:
        """Return the service called ``name``, or the only one whose name holds it.

        Raises:
            LocalError: There is none, or several.
        """
        services = self.services()
        exact = [each for each in services if each["name"] == name]
        found = exact or [each for each in services if name.lower() in str(each["name"]).lower()]
        if len(found) != 1:
            names = ", ".join(str(each["name"]) for each in found or services) or "none"
            raise LocalError(f"{len(found) or 'no'} service has a name like {name!r}; there is: {names}")
        return found[0]

    def _get(self, question: str, **query: str) -> Any:  # noqa: ANN401 - JSON
        url = f"{self._record.endpoint}/_ecs-workloads/{question}?{urllib.parse.urlencode(query)}"
        try:
            with urllib.request.urlopen(url, timeout=_TIMEOUT) as answer:  # noqa: S310 - it begins with http
                return json.load(answer)
        except (urllib.error.URLError, OSError) as error:
            raise LocalError(f"the target at {self._record.endpoint} does not answer: {error}") from error
