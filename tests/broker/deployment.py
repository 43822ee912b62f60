"""All tasks of a broker."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from pika.adapters.blocking_connection import BlockingConnection

from tests.broker.task import Task
from tests.broker.task_plan import Template
from tests.broker.vpc import Vpc


class Deployment:
    """The tasks of a template, in the order in which CloudFormation updates their services."""

    def __init__(self, *, template: Template, vpc: Vpc, image: Path, folder: Path) -> None:
        self.vpc = vpc
        self.tasks = [Task(plan, vpc, folder, image) for plan in template.tasks()]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for task in self.tasks:
            task.kill()

    def start(self) -> None:
        """Start what does not run, all at once, and return when all serve."""
        waiting = [task for task in self.tasks if not task.is_running]
        for task in waiting:
            task.launch()
        with ThreadPoolExecutor() as pool:
            list(pool.map(Task.wait_until_serving, waiting))

    @property
    def first(self) -> Task:
        """The first of the tasks."""
        return self.tasks[0]

    def running_nodes(self, of: Task | None = None) -> Sequence[str]:
        """Return the nodes that one of them sees."""
        status = json.loads((of or self.first).ctl("cluster_status", "--formatter", "json"))
        return sorted(status["running_nodes"])

    def password(self, user: str) -> str:
        """Return the password of a user of the generated definitions."""
        container = self.first.plan.container
        _, _, rest = container["Environment"]["BROKER_CONFIGURATION"].partition("=== definitions.json 600\n")
        users = json.loads(rest.partition("\n=== ")[0])["users"]
        [named] = [one["password"] for one in users if one["name"] == user]
        return str(container["Secrets"][named.strip("|")])

    def connect(self, user: str = "application", task: Task | None = None) -> BlockingConnection:
        """Return a connection of a user."""
        return (task or self.first).connect(user, self.password(user))
