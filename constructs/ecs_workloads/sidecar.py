"""A second container beside the main one."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from aws_cdk import aws_ecs as ecs

from ecs_workloads.extensible_task import ExtensibleTask


@runtime_checkable
class Sidecar(Protocol):
    """A container that every task of a tier has beside its own. Implement it, importing nothing, to bring yours."""

    def bind(self, task: ExtensibleTask) -> None:
        """Add the container to ``task``, and what it needs: permissions, variables of the main container."""
        ...


@runtime_checkable
class RoutesLogs(Protocol):
    """What a sidecar adds to `Sidecar` that takes the output of the main container. `FluentBit` does."""

    def log_driver(self) -> ecs.LogDriver:
        """Return the log driver of the main container."""
        ...
