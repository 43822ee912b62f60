"""Rules over synthesised templates. They read JSON and need no CDK."""

from ecs_workloads.checks.assembly import EnvironmentSummary, StackTemplate, read_assembly, summarize
from ecs_workloads.checks.security_hub import SECURITY_HUB_CONTROLS, BrokenControl, broken_controls

__all__ = [
    "SECURITY_HUB_CONTROLS",
    "BrokenControl",
    "EnvironmentSummary",
    "StackTemplate",
    "broken_controls",
    "read_assembly",
    "summarize",
]
