"""The whole of what we add to ministack and mend in it."""

from __future__ import annotations

from ecs_workloads.local import _ministack
from ecs_workloads.local._resources import (
    alarms,
    batch,
    capacity_providers,
    custom_resources,
    firewall,
    load_balancers,
    pipelines,
    queues,
    repositories,
    scaling,
    schedules,
    secrets,
    service_waves,
    services,
    stack_answers,
    task_definitions,
    vpc,
)


def register() -> None:
    """Add and mend; once in a process, before ministack answers its first request."""
    plain = (
        vpc,
        firewall,
        secrets,
        task_definitions,
        services,
        capacity_providers,
        scaling,
        batch,
        pipelines,
        schedules,
    )
    for module in (*plain, custom_resources):
        for resource_type in module.types():
            resource_type.register()
    alarms.keep_metric_math()
    schedules.run_tasks()
    queues.use_aws_addresses()
    repositories.refuse_unknown_images()
    load_balancers.know_the_vpc()
    service_waves.start_together()
    stack_answers.hold()


def supported() -> set[str]:
    """Return the names of all resource types that the target creates."""
    return set(_ministack.provisioners()._RESOURCE_HANDLERS)
