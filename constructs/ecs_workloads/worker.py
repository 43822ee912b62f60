"""The tier that takes its work from a queue."""

from __future__ import annotations

from collections.abc import Sequence

import jsii
from aws_cdk import RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import require
from ecs_workloads._once import path_of
from ecs_workloads._service import TierService, check_free
from ecs_workloads._task_metrics import acceptable_latency, tier_metrics
from ecs_workloads._tier_checks import check_queue, check_tier
from ecs_workloads._variables import check_prefix
from ecs_workloads.capacity import CapacityShare
from ecs_workloads.container import Container
from ecs_workloads.message_queue import MessageQueue
from ecs_workloads.queue_metrics import QueueMetrics
from ecs_workloads.scaling import Scaling
from ecs_workloads.sidecar import Sidecar
from ecs_workloads.target_cpu import TargetCpu
from ecs_workloads.tier_metrics import TierMetrics

_MIN_CAPACITY = 1
_DEFAULT_POLICIES = (TargetCpu(),)


@checks_arguments
@jsii.implements(iam.IGrantable, ec2.IConnectable)
class Worker(Construct):
    """Tasks that consume one queue and scale with its backlog (Copilot: worker service).

    A task that is stopped has time to finish its message: 10 seconds more than the queue's longest processing
    time, up to the 120 seconds that Fargate allows. For longer messages the program asks ECS not to stop its
    task while it works, for which the task role has the permission (task scale-in protection).

    Args:
        cluster: Cluster to run in.
        container: What to run.
        queue: Where the messages come from: `SqsQueue`, `RabbitMqBroker.queue`, or one of your own.
        scaling: Number of tasks, and what moves it: `BacklogPerTask` for a queue with metrics, in the
            region and account of the worker. A worker on a broker with ``collector=None``, or on one of Amazon MQ with
            RabbitMQ 4, scales on CPU. No default: only you know how long a message takes.
        queue_prefix: First part of the names of the variables by which the program finds the queue. Defaults
            to ``QUEUE``, for ``QUEUE_URL`` and ``QUEUE_NAME``.
        deployment_alarms: Alarms, each once, that roll a running deployment back. Not on a metric of this service,
            which would then depend on itself. Defaults to none: tasks that do not become healthy roll it back.
        sidecars: Containers beside the main one: `OpenTelemetryCollector`, `FluentBit` or your own. Defaults to none.
        suspended: Whether the tier is stopped: it keeps everything but has no task, and a new one starts none. Back to
            running, Application Auto Scaling starts ``min_capacity`` tasks once the deployment is through, which
            therefore does not roll back for them; with 0, the first message or a schedule does. Defaults to running.
        capacity: Capacity providers that share the tasks. Defaults to on-demand Fargate. On a cluster that is no
            `ContainerCluster`, going from none to some, or back, replaces the service.
        vpc_subnets: Subnets of the tasks. Defaults to the private ones: a VPC with public ones alone is refused, since
            no task gets a public address.
        security_groups: Security groups of the tasks, up to five. Defaults to one that this construct makes.
        enable_execute_command: Whether ``aws ecs execute-command`` may open a shell in a container of a task.
            Its agent then has folders that it may write. Defaults to no.
        encryption_key: Key for the log group. Its policy must let CloudWatch Logs use it. Defaults to a key
            that CloudWatch owns.
        removal_policy: What becomes of the log group when it leaves the template. Defaults to keeping it, but
            nothing that a failed first deployment made.

    Raises:
        ValueError: A value is out of its range, a variable is set twice, nothing says by what the worker should scale,
            or it would scale on the metrics of a queue in another region or account.
        TypeError: An argument is of another kind.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: ecs.ICluster,
        container: Container,
        queue: MessageQueue,
        scaling: Scaling,
        queue_prefix: str = "QUEUE",
        deployment_alarms: Sequence[cloudwatch.IAlarm] = (),
        sidecars: Sequence[Sidecar] = (),
        suspended: bool = False,
        capacity: Sequence[CapacityShare] = (),
        vpc_subnets: ec2.SubnetSelection | None = None,
        security_groups: Sequence[ec2.ISecurityGroup] = (),
        enable_execute_command: bool = False,
        encryption_key: kms.IKey | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    ) -> None:
        super().__init__(scope, construct_id)
        path = path_of(self)
        check_queue(self, path, queue, scaling)
        bounds = check_tier(
            path,
            cluster=cluster,
            container=container,
            capacity=capacity,
            longest_work=queue.longest_processing_time,
            sidecars=sidecars,
            deployment_alarms=deployment_alarms,
            scaling=scaling,
            min_capacity=_MIN_CAPACITY,
            default_policies=_DEFAULT_POLICIES,
            vpc_subnets=vpc_subnets,
            security_groups=security_groups,
            enable_execute_command=enable_execute_command,
            suspended=suspended,
        )
        require(
            scaling.policies is not None
            or bounds.min_capacity == bounds.max_capacity
            or queue.metric_messages_waiting() is None,
            path,
            "say by what the worker scales: Scaling(..., policies=(BacklogPerTask(acceptable_latency=..., "
            "processing_time=...),))",
        )
        check_prefix(path, "queue_prefix", queue_prefix)
        environment, secrets = queue.connection_environment(queue_prefix), queue.consumer_secrets(queue_prefix)
        check_free(path, container, [*environment, *secrets], f"queue_prefix={queue_prefix!r}")
        self._tier = TierService(
            self,
            "Default",
            cluster=cluster,
            container=container.with_environment(environment).with_secrets(secrets),
            longest_work=queue.longest_processing_time,
            capacity=capacity,
            vpc_subnets=vpc_subnets,
            security_groups=security_groups,
            enable_execute_command=enable_execute_command,
            encryption_key=encryption_key,
            removal_policy=removal_policy,
            suspended=suspended,
            sidecars=sidecars,
            deployment_alarms=deployment_alarms,
        )
        self._tier.consume_from(queue)
        self._tier.scale(bounds, queue=queue)
        self._metrics = tier_metrics(
            path,
            self._tier.service,
            fewest=bounds.fewest,
            suspended=suspended,
            queue=QueueMetrics.of_queue(queue, acceptable_latency=acceptable_latency(scaling)),
            restarts_in_place=container.restart_attempt_period is not None,
        )

    @property
    def service(self) -> ecs.FargateService:
        """The ECS service, for anything this class has no argument for."""
        return self._tier.service

    @property
    def task_definition(self) -> ecs.FargateTaskDefinition:
        """The task definition, for anything this class has no argument for."""
        return self._tier.task_definition

    @property
    def log_group(self) -> logs.LogGroup:
        """Where the tasks write."""
        return self._tier.log_group

    @property
    def connections(self) -> ec2.Connections:
        """Network access to and from the tasks."""
        return self._tier.connections

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The task role."""
        return self._tier.grant_principal

    @property
    def metrics(self) -> TierMetrics:
        """What is measured of the tier, for `Alarms` and `Dashboard`."""
        return self._metrics

    def metric_cpu_utilization(self) -> cloudwatch.Metric:
        """Return the CPU that the tasks use of what they have: percent, average over the tasks."""
        return self._metrics.metric_cpu_utilization()

    def metric_memory_utilization(self) -> cloudwatch.Metric:
        """Return the memory that the tasks use of what they have: percent, average over the tasks."""
        return self._metrics.metric_memory_utilization()

    def metric_running_tasks(self) -> cloudwatch.Metric:
        """Return the number of running tasks: count, sample count of one minute; no sample with no task."""
        return self._metrics.metric_running_tasks()

    def send_to(self, queue: MessageQueue, *, prefix: str) -> None:
        """Let the tasks put messages on another queue: variables, network and permission.

        Args:
            queue: The queue.
            prefix: First part of the variables' names, such as ``RECEIPTS`` for ``RECEIPTS_URL``.

        Raises:
            ValueError: The prefix is no variable's name, or a variable of that name exists.
        """
        self._tier.send_to(queue, prefix=prefix)
