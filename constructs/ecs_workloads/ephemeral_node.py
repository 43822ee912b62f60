"""A broker that forgets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EphemeralNode:
    """The grade of a `RabbitMqBroker` for development: one node, whose messages die with its task.

    It has no file system of its own and costs the least. A deployment, a failed task or a task that AWS moves loses
    all messages, confirmed ones too, so that it is refused in a stack with termination protection.
    """
