"""The task definition of a tier, with its hardened main container and its log group."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import timedelta

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from ecs_workloads._accepted_findings import accept_findings
from ecs_workloads._checks import duration
from ecs_workloads._cluster_facts import cluster_facts
from ecs_workloads._exec_paths import mount_exec_paths, mount_exec_paths_in_sidecars
from ecs_workloads._image_name import check_image
from ecs_workloads.container import Container
from ecs_workloads.extensible_task import ExtensibleTask, linux_parameters, log_driver
from ecs_workloads.sidecar import RoutesLogs, Sidecar

CONTAINER_NAME = "main"


class TierTask:
    """What the tasks of one tier are made of. Its constructs stand in the scope that is given."""

    def __init__(
        self,
        scope: Construct,
        *,
        path: str,
        cluster: ecs.ICluster,
        container: Container,
        sidecars: Sequence[Sidecar],
        stop_timeout: timedelta,
        app_protocol: ecs.AppProtocol | None,
        encryption_key: kms.IKey | None,
        removal_policy: RemovalPolicy,
        enable_execute_command: bool,
    ) -> None:
        self._scope = scope
        self.stack = Stack.of(scope)
        self._path = path
        self._cluster = cluster
        self._value = container
        self._sidecars = sidecars
        self.log_group = logs.LogGroup(
            scope,
            "LogGroup",
            retention=container.log_retention,
            encryption_key=encryption_key,
            removal_policy=removal_policy,
        )
        self.definition = ecs.FargateTaskDefinition(
            scope,
            "TaskDefinition",
            cpu=container.cpu,
            memory_limit_mib=container.memory_limit_mib,
            ephemeral_storage_gib=container.ephemeral_storage_gib,
            runtime_platform=_linux(container.cpu_architecture),
        )
        routers = [sidecar for sidecar in sidecars if isinstance(sidecar, RoutesLogs)]
        self.container = self.definition.add_container(
            CONTAINER_NAME,
            image=container.image,
            entry_point=list(container.entry_point) or None,
            command=list(container.command) or None,
            working_directory=container.working_directory,
            environment=dict(container.environment),
            secrets=dict(container.secrets),
            port_mappings=None
            if container.port is None
            else [ecs.PortMapping(container_port=container.port, name=CONTAINER_NAME, app_protocol=app_protocol)],
            user=container.user,
            readonly_root_filesystem=True,
            linux_parameters=linux_parameters(scope, CONTAINER_NAME, container.writable_paths),
            ulimits=list(container.ulimits) or None,
            health_check=container.health_check,
            restart_attempt_period=None
            if container.restart_attempt_period is None
            else duration(container.restart_attempt_period),
            restart_ignored_exit_codes=list(container.restart_ignored_exit_codes) or None,
            start_timeout=None if container.start_timeout is None else duration(container.start_timeout),
            stop_timeout=duration(container.stop_timeout or stop_timeout),
            logging=routers[0].log_driver() if routers else log_driver(self.log_group, CONTAINER_NAME),
        )
        check_image(path, container.image, self.container)
        self._enable_execute_command = enable_execute_command
        if enable_execute_command:
            mount_exec_paths(self.container)

    def extend(self, service: ecs.FargateService) -> None:
        """Add the sidecars and the volumes of the tier, some of which change ``service`` as well."""
        task = ExtensibleTask(
            path=self._path,
            scope=self._scope,
            task_definition=self.definition,
            container=self.container,
            service=service,
            log_group=self.log_group,
            memory_limit_mib=self._value.memory_limit_mib,
            variables=(*self._value.environment, *self._value.secrets),
        )
        for sidecar in self._sidecars:
            sidecar.bind(task)
        task.order_containers()
        if self._enable_execute_command:
            mount_exec_paths_in_sidecars(self.definition, but=self.container)
        for volume in self._value.volumes:
            volume.bind(task)
        # The roles are below the task definition.
        accept_findings(
            self.definition,
            "task definition",
            "role",
            "execution role",
            "task role",
            wildcards=cluster_facts(self._cluster).wildcards(self.stack),
        )


@functools.cache
def _linux(architecture: ecs.CpuArchitecture | None) -> ecs.RuntimePlatform:
    return ecs.RuntimePlatform(
        cpu_architecture=architecture or ecs.CpuArchitecture.X86_64,
        operating_system_family=ecs.OperatingSystemFamily.LINUX,
    )
