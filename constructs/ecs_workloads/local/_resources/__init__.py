"""What we add to ministack and mend in it, a module for each noun."""

from ecs_workloads.local._resources.registration import register, supported

__all__ = ["register", "supported"]
