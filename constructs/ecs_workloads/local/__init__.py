"""A deployment target on this machine for the genuine ``cdk`` command line. Needs the extras ``[local]`` and ``[cli]``.

``ecs-workloads local up`` is the way in; ``docs/local.md`` says what the target does and what it does not prove.
"""

from ecs_workloads.local.local_error import LocalError

__all__ = ["LocalError"]
