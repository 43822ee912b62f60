"""Which container of a task starts after which."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from aws_cdk import aws_ecs as ecs

from ecs_workloads._checks import require, suggestion

_HEALTHY = ecs.ContainerDependencyCondition.HEALTHY
_ENDED = (ecs.ContainerDependencyCondition.COMPLETE, ecs.ContainerDependencyCondition.SUCCESS)


class ContainerOrder:
    """What the containers of one task wait for; known in full only when all of them are there.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDependency.html
    """

    def __init__(self) -> None:
        self._waits: dict[str, dict[str, ecs.ContainerDependencyCondition]] = {}

    def add(self, name: str, depends_on: Mapping[str, ecs.ContainerDependencyCondition]) -> None:
        """Note that the container ``name`` waits for others."""
        self._waits.setdefault(name, {}).update(depends_on)

    def apply(self, path: str, definition: ecs.TaskDefinition) -> None:
        """Say so in ``definition``.

        Raises:
            ValueError: A container waits for one that is not there, for what will never come, or for itself.
        """
        for name, waits in self._waits.items():
            for other, condition in waits.items():
                self._check(f"{path}, container {name!r}", definition.find_container(other), other, condition)
        cycle = self._cycle()
        require(not cycle, path, f"containers wait for each other: {' -> '.join(cycle)}")
        for name, waits in self._waits.items():
            waiting = definition.find_container(name)
            for other, condition in waits.items():
                awaited = definition.find_container(other)
                if waiting is not None and awaited is not None:
                    waiting.add_container_dependencies(ecs.ContainerDependency(container=awaited, condition=condition))

    def _check(
        self,
        subject: str,
        awaited: ecs.ContainerDefinition | None,
        other: str,
        condition: ecs.ContainerDependencyCondition,
    ) -> None:
        if awaited is None:
            raise ValueError(
                f"{subject}: depends_on must name containers of the task, got {other!r}{suggestion(other, self._waits)}"
            )
        rendered = awaited.render_container_definition()
        require(
            condition != _HEALTHY or rendered.health_check is not None,
            subject,
            f"cannot wait for the health of {other!r}, which has no health_check",
        )
        require(
            condition not in _ENDED or (not awaited.essential and rendered.restart_policy is None),
            subject,
            f"cannot wait for the end of {other!r}, which is essential or started again: add it with ends=True",
        )

    def _cycle(self) -> list[str]:
        """Return containers each of which waits for the next, from one back to itself; none if there are none."""
        try:
            TopologicalSorter(self._waits).prepare()
        except CycleError as error:
            return [*reversed(error.args[1])]
        return []
