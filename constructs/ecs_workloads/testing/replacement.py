"""A resource that an update does not keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Replacement:
    """A resource that an update replaces or removes.

    Args:
        stack: Name of the stack; empty for a template that came without one.
        logical_id: Name of the resource in its template.
        resource_type: Type of the resource, such as ``AWS::SQS::Queue``, before the update.
        construct_path: Construct that made the resource; empty where the template does not say.
        outcome: ``replaced``, ``removed``, ``may be replaced`` or ``may be removed``.
        reasons: Why, in words.
        stateful: Whether somebody's data is in the resource.
        data: What becomes of that data; empty for a resource that holds none.
        readers: What else reads a value of the resource: exports, SSM parameters, and the stacks behind them.
        known: Whether there is a schema for the type. Without one, any change counts.
    """

    stack: str
    logical_id: str
    resource_type: str
    construct_path: str
    outcome: str
    reasons: Sequence[str]
    stateful: bool
    data: str
    readers: Sequence[str]
    known: bool = True

    @property
    def name(self) -> str:
        """What ``accepted`` calls it: ``Stack.LogicalId``, or the logical id alone where the stack has no name."""
        return f"{self.stack}.{self.logical_id}" if self.stack else self.logical_id

    @property
    def harmful(self) -> bool:
        """Whether data, another stack, or something that nobody can judge is at stake."""
        return self.stateful or bool(self.readers) or not self.known

    def __str__(self) -> str:
        """Return the resource with all that is known of it, in several lines."""
        place = f", {self.construct_path}" if self.construct_path else ""
        lines = [f"{self.name} ({self.resource_type}{place}): {self.outcome}"]
        lines += [f"  because {reason}" for reason in self.reasons]
        lines += [f"  it holds data: {self.data}"] if self.stateful else []
        lines += [f"  others read it: {reader}" for reader in self.readers]
        return "\n".join(lines)
