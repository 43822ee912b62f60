"""Rules over synthesised templates. They read JSON and need no CDK."""

from ecs_workloads.checks.assembly import EnvironmentSummary, StackTemplate, read_assembly, summarize

__all__ = ["EnvironmentSummary", "StackTemplate", "read_assembly", "summarize"]
