"""The command ``ecs-workloads``: a thin face over the parts of the library. Needs the extra ``[cli]``."""

from ecs_workloads.cli.main import app

__all__ = ["app"]
