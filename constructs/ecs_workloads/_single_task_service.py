"""The ECS service of what may run once alone."""

from __future__ import annotations

from aws_cdk import aws_ecs as ecs

from ecs_workloads._checks import is_token, require


class SingleTaskService(ecs.FargateService):
    """A service that never has a second task: two nodes of a broker on one data directory lose messages."""

    def auto_scale_task_count(self, *, max_capacity: float, min_capacity: float | None = None) -> ecs.ScalableTaskCount:
        """Let schedules stop the only task and start it again, and refuse a second one."""
        path = self.node.path.removesuffix("/Default/Service")
        require(not is_token(max_capacity), path, "max_capacity must be known now: a node of a broker has one task")
        require(
            max_capacity <= 1,
            path,
            f"max_capacity of a broker's node must be 0 or 1, since two tasks on one data directory lose messages, got "
            f"{max_capacity:g}: give it more cpu and memory_limit_mib, or use a NodeCluster",
        )
        return super().auto_scale_task_count(max_capacity=max_capacity, min_capacity=min_capacity)
