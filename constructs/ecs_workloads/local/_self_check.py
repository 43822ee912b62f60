"""Whether the installed ministack is the one whose inner names we rely on."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping, Sequence

from ecs_workloads.local import _ministack
from ecs_workloads.local.local_error import LocalError

NAMES: Mapping[str, Sequence[str]] = {
    "app": ("SERVICE_HANDLERS", "app", "_send_if_handled"),
    "core.concurrency": ("resource_lock", "spawn_background"),
    "core.responses": (
        "AccountRegionScopedDict",
        "StreamingResponse",
        "error_response_json",
        "get_account_id",
        "get_region",
        "json_response",
        "request_scope",
    ),
    "core.router": ("SERVICE_PATTERNS",),
    "services.alb": (
        "_describe_target_health",
        "_error",
        "_forward_to_tg",
        "_lbs",
        "_listeners",
        "_p",
        "_proxy_http_target",
        "_rules",
        "_targets",
        "_tg_attrs",
        "_tgs",
        "_xml",
        "dispatch_request",
    ),
    "services.batch": (
        "_compute_envs",
        "_create_compute_environment",
        "_create_job_queue",
        "_job_definitions",
        "_job_queues",
        "_register_job_definition",
        "_submit_job",
    ),
    "services.cloudformation.provisioners": (
        "_RESOURCE_HANDLERS",
        "_cw_metric_alarm_record",
        "_ec2_apply_tags",
        "_ec2_sg_permissions",
        "_ecs_task_def_update",
        "_physical_name",
        "_sm_secret_create",
        "_sm_secret_delete",
        "_sm_secret_string",
        "_sm_secret_update",
    ),
    "services.cloudformation.custom_resource": ("deliver_response",),
    "services.cloudformation": ("_stack_events", "_stacks", "handle_request"),
    "services.cloudformation.stacks": (
        "_add_event",
        "_extract_deps",
        "_provision_keeping_seed",
        "_runs_on_worker_thread",
        "_topological_sort",
        "_update_keeping_seed",
    ),
    "services.ec2": (
        "_addresses",
        "_flow_logs",
        "_nat_gateways",
        "_now_ts",
        "_random_ip",
        "_security_groups",
        "_subnets",
    ),
    "services.ecr": ("_describe_images",),
    "services.ecs": (
        "_awslogs_config",
        "_bump_task_version",
        "_cluster_name_from_arn",
        "_clusters",
        "_complete_service_deployment",
        "_create_capacity_provider",
        "_create_service",
        "_delete_capacity_provider",
        "_delete_service",
        "_deployment_needs_first_task",
        "_deregister_task_definition",
        "_emit_awslogs_event",
        "_ensure_awslogs_stream",
        "_get_docker",
        "_iso",
        "_mark_task_activating",
        "_mark_task_pending",
        "_mark_task_running",
        "_maybe_mark_stopped",
        "_put_cluster_capacity_providers",
        "_reconcile_service_tasks",
        "_record_service_task_failure",
        "_record_service_task_healthy",
        "_recount_cluster",
        "_refresh_service_state",
        "_register_metadata",
        "_register_task_definition",
        "_resolve_cluster_name",
        "_resolve_container_secrets",
        "_resolve_task",
        "_resolve_td_key",
        "_run_task",
        "_run_task_worker",
        "_sanitize",
        "_services",
        "_stop_task",
        "_task_defs",
        "_task_ip",
        "_task_is_active",
        "_tasks",
        "_update_capacity_provider",
        "_update_service",
    ),
    "services.ecs_metadata": ("set_task_status", "unregister_token"),
    "services.efs": ("_access_points", "_file_systems"),
    "services.eventbridge": ("_invoke_target",),
    "services.lambda_svc": ("_execute_function_with_config_scope",),
    "services.scheduler": ("_create_schedule", "_delete_schedule", "_update_schedule"),
    "services.servicediscovery": ("_namespaces",),
    "services.sqs": ("_queue_url_for_account",),
    "services.waf": ("_associate_web_acl", "_disassociate_web_acl"),
}
"""Every name of ministack that the local target uses or replaces, by module."""


def check() -> None:
    """See that ministack is as we know it.

    Raises:
        LocalError: It is not installed, is another version, or lacks a name.
    """
    try:
        version = importlib.metadata.version("ministack")
    except importlib.metadata.PackageNotFoundError as error:
        raise LocalError("ministack is not installed; say pip install 'ecs-workloads[cli,local]'") from error
    if version != _ministack.VERSION:
        raise LocalError(
            f"ministack {version} is installed, the local target needs {_ministack.VERSION}; "
            "say pip install 'ecs-workloads[cli,local]'"
        )
    missing = [
        f"{module}.{name}"
        for module, names in NAMES.items()
        for name in names
        if not hasattr(_ministack.module(module), name)
    ]
    if missing:
        raise LocalError(f"ministack {version} lacks what the local target relies on: {', '.join(missing)}")
