"""One resource type of CloudFormation that we add to ministack, or whose own version there loses properties."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ecs_workloads.local import _ministack
from ecs_workloads.local._ministack import Document

Created = tuple[str, Document]
"""The physical id, and what ``Fn::GetAtt`` finds."""


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """How resources of one type are made, changed and removed.

    Each of the functions raises ``ValueError`` where AWS would fail the resource.

    Args:
        name: Name of the type, such as ``AWS::EC2::EIP``.
        create: Takes logical id, properties and stack name.
        update: Takes physical id, old and new properties, stack name and logical id. Another physical id in its answer
            means that the resource was replaced.
        delete: Takes physical id and properties.
    """

    name: str
    create: Callable[[str, Document, str], Created]
    update: Callable[[str, Document, Document, str, str], Created]
    delete: Callable[[str, Document], None]

    def register(self) -> None:
        """Make ministack use this type from now on."""
        _ministack.provisioners()._RESOURCE_HANDLERS[self.name] = {
            "create": self.create,
            "update": self._update,
            "update_with_logical_id": True,
            "delete": self.delete,
        }

    def _update(self, physical_id: str, old: Document, new: Document, stack: str, logical_id: str = "") -> Created:
        return self.update(physical_id, old, new, stack, logical_id or physical_id)
