"""The tier that users reach."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import jsii
from aws_cdk import RemovalPolicy
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from ecs_workloads._argument_kinds import checks_arguments
from ecs_workloads._checks import check_percent, check_time
from ecs_workloads._failed_responses import failed_responses_alarm
from ecs_workloads._service import TierService
from ecs_workloads._target_group import target_group
from ecs_workloads._task import CONTAINER_NAME
from ecs_workloads._task_metrics import request_metrics, tier_metrics
from ecs_workloads._tier_checks import LONGEST_REQUEST, check_tier
from ecs_workloads._web_entry import DEFAULT_FIREWALL, WebEntry
from ecs_workloads.capacity import CapacityShare
from ecs_workloads.container import Container
from ecs_workloads.domain import Domain
from ecs_workloads.listener_authentication import ListenerAuthentication
from ecs_workloads.listener_rule import ListenerRule
from ecs_workloads.message_queue import MessageQueue
from ecs_workloads.scaling import Scaling
from ecs_workloads.sidecar import Sidecar
from ecs_workloads.target_cpu import TargetCpu
from ecs_workloads.target_timings import TargetTimings
from ecs_workloads.tier_metrics import TierMetrics
from ecs_workloads.web_firewall import WebFirewall

_MIN_CAPACITY = 2
_DEFAULT_SCALING = Scaling(max_capacity=4)
_DEFAULT_POLICIES = (TargetCpu(),)
_DEFAULT_TIMINGS = TargetTimings()


@checks_arguments
@jsii.implements(iam.IGrantable, ec2.IConnectable)
class WebServer(Construct):
    """Tasks behind an internet-facing application load balancer (Copilot: load-balanced web service).

    The load balancer speaks HTTPS with TLS 1.2 or 1.3, redirects HTTP, drops invalid headers, has AWS WAF before it,
    writes its logs to a bucket of its own for 90 days, and is protected against deletion. A deployment starts new
    tasks before it stops old ones, waits for running requests, and rolls back if the new tasks do not become healthy
    or answer with errors.

    Args:
        cluster: Cluster to run in.
        container: What to run. It must have a port.
        domain: Host name for users, with its hosted zone: makes the alias record and the certificate.
        certificate: Certificate for the host name, instead of one that this construct makes.
        protocol: Protocol that users speak. ``HTTPS``, or ``HTTP`` where nothing needs to be protected.
        redirect_http: Whether port 80 sends users to HTTPS. With ``False`` only port 443 is open.
        listener_rule: Place on a load balancer that exists already. Then none is made, ``protocol`` is what the
            listener speaks, ``longest_request`` is at most the idle time-out of the load balancer, which of another
            `WebServer` is its own ``longest_request`` and at least 60 seconds, and what only the owner of a load
            balancer can choose is refused.
        sources: Who may connect: ``ec2.Peer.ipv4`` of a network, ``ec2.Peer.prefix_list`` of CloudFront. A prefix list
            that this app does not make needs ``redirect_http=False``, since that of CloudFront takes 55 of the 60 rules
            of a security group for each port, and a ``firewall`` without a limit by the address that connects. Defaults
            to everybody.
            https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html
        firewall: AWS WAF before the load balancer. Defaults to the rules of `WebFirewall`; ``None`` for none.
        authentication: Who may pass: `OidcAuthentication` for people, `JwtAuthentication` for programs. Defaults to
            everybody.
        ip_address_type: Addresses of the load balancer. Defaults to IPv4; ``DUAL_STACK`` needs a VPC with IPv6, and
            lets everybody in over IPv6 as well. ``DUAL_STACK_WITHOUT_PUBLIC_IPV4`` goes with no ``authentication``:
            load balancers reach issuers over IPv4 alone.
            https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetIpAddressType.html
        log_bucket: Bucket for access and connection logs, to which load balancers may write. Defaults to one that is
            made, which keeps them for 90 days, with a second one that says who read them.
        health_check_path: Path that answers 200 when a task can serve; for gRPC the method of the health check.
            Defaults to ``/``.
        health_check_port: Port of the health check, where it is not the container's, 1 to 65535.
        target_protocol: What the load balancer speaks to the tasks. ``HTTPS`` where the program has a certificate,
            which the load balancer does not verify. A change of it replaces the target group.
        protocol_version: ``HTTP2`` or ``GRPC`` to the tasks. Defaults to HTTP/1.1. A change of it replaces the target
            group.
        stickiness_cookie_duration: Time for which a user meets the same task, one second to seven days. Defaults to
            not at all.
        stickiness_cookie_name: Cookie of the program that says so. Defaults to one of the load balancer.
        longest_request: Longest time that a request takes, 1 to 110 seconds: a task that is taken out of
            service finishes its requests for so long, and is stopped with SIGTERM and 10 seconds more. The program must
            keep idle connections for longer than this and than 60 seconds, the load balancer's own time, else users get
            502 now and then.
        startup_time: Time until a new task answers its health check, up to one hour. Health checks do not
            count against a task for twice that time, and for that time it gets more and more requests.
        timings: Times of health checks and draining, where you set them by hand. Defaults to what follows from
            ``longest_request`` and ``startup_time``.
        scaling: Number of tasks. Defaults to 2 to 4, by average CPU.
        deletion_protection: Whether the load balancer refuses to be deleted, by a first deployment that fails as well.
        max_failed_percent: Percent of requests, above 0 and up to 100, that may fail with 5xx: with more in two of
            three minutes, of at least 20 requests each, a running deployment rolls back, unless the tier is
            suspended. ``None`` for no such alarm.
        deployment_alarms: Further alarms, each once, that roll a running deployment back. Not on a metric of this
            service, which would then depend on itself.
        sidecars: Containers beside the main one: `OpenTelemetryCollector`, `FluentBit` or your own. Defaults to none.
        suspended: Whether the tier is stopped: it keeps everything but has no task, and a new one starts none. Back to
            running, Application Auto Scaling starts ``min_capacity`` tasks once the deployment is through, which
            therefore does not roll back for them. Defaults to running.
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
            nothing that a failed first deployment made. The bucket of the access logs is always kept:
            CloudFormation cannot delete one that is not empty.

    Raises:
        ValueError: A value is out of its range or does not fit another, HTTPS has neither a certificate nor a zone to
            make one, another tier of this app has the place of ``listener_rule``, or the load
            balancer of that, where this app makes it, speaks another protocol, ends the longest request or
            cannot ask the issuer.
        TypeError: An argument is of another kind.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        cluster: ecs.ICluster,
        container: Container,
        domain: Domain | None = None,
        certificate: acm.ICertificate | None = None,
        protocol: elbv2.ApplicationProtocol = elbv2.ApplicationProtocol.HTTPS,
        redirect_http: bool = True,
        listener_rule: ListenerRule | None = None,
        sources: Sequence[ec2.IPeer] | None = None,
        firewall: WebFirewall | None = DEFAULT_FIREWALL,
        authentication: ListenerAuthentication | None = None,
        ip_address_type: elbv2.IpAddressType | None = None,
        log_bucket: s3.IBucket | None = None,
        health_check_path: str = "/",
        health_check_port: int | None = None,
        target_protocol: elbv2.ApplicationProtocol = elbv2.ApplicationProtocol.HTTP,
        protocol_version: elbv2.ApplicationProtocolVersion | None = None,
        stickiness_cookie_duration: timedelta | None = None,
        stickiness_cookie_name: str | None = None,
        longest_request: timedelta = timedelta(seconds=30),
        startup_time: timedelta = timedelta(seconds=30),
        timings: TargetTimings = _DEFAULT_TIMINGS,
        scaling: Scaling = _DEFAULT_SCALING,
        deletion_protection: bool = True,
        max_failed_percent: float | None = 5,
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
        path = self.node.path
        if container.port is None:
            raise ValueError(f"{path}: a web server needs container.port")
        check_time(path, "longest_request", longest_request, timedelta(seconds=1), LONGEST_REQUEST)
        check_time(path, "startup_time", startup_time, timedelta(0), timedelta(hours=1))
        if max_failed_percent is not None:
            check_percent(path, "max_failed_percent", max_failed_percent)
        bounds = check_tier(
            path,
            cluster=cluster,
            container=container,
            capacity=capacity,
            longest_work=longest_request,
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
        entry = WebEntry(
            protocol=protocol,
            protocol_version=protocol_version,
            domain=domain,
            certificate=certificate,
            redirect_http=redirect_http,
            listener_rule=listener_rule,
            sources=sources,
            firewall=firewall,
            authentication=authentication,
            ip_address_type=ip_address_type,
            log_bucket=log_bucket,
            longest_request=longest_request,
            deletion_protection=deletion_protection,
            encryption_key=encryption_key,
            removal_policy=removal_policy,
        )
        entry.check(self, cluster.vpc)
        self._target_group = target_group(
            self,
            # A group belongs to one load balancer at a time, and CloudFormation makes the new way in before it deletes
            # the old one: on the way between a load balancer of its own and that of another, there are two groups.
            "TargetGroup" if listener_rule is None else "GuestTargetGroup",
            vpc=cluster.vpc,
            longest_request=longest_request,
            startup_time=startup_time,
            timings=timings,
            health_check_path=health_check_path,
            health_check_port=health_check_port,
            target_protocol=target_protocol,
            protocol_version=protocol_version,
            stickiness_cookie_duration=stickiness_cookie_duration,
            stickiness_cookie_name=stickiness_cookie_name,
        )
        self._door = entry.make(self, cluster.vpc, self._target_group)
        grace_period = timings.grace_period_of(path, startup_time)
        self._requests = request_metrics(self._target_group, self._door.own, health_check_grace_period=grace_period)
        alarms = list(deployment_alarms)
        self._failed_responses: cloudwatch.Alarm | None = None
        if max_failed_percent is not None:
            self._failed_responses = failed_responses_alarm(
                self, "FailedResponses", requests=self._requests, max_percent=max_failed_percent
            )
            if not suspended:  # else all requests fail, and what stops the tier would be rolled back
                alarms.append(self._failed_responses)
        self._tier = TierService(
            self,
            "Default",
            cluster=cluster,
            container=container,
            longest_work=longest_request,
            capacity=capacity,
            vpc_subnets=vpc_subnets,
            security_groups=security_groups,
            enable_execute_command=enable_execute_command,
            encryption_key=encryption_key,
            removal_policy=removal_policy,
            suspended=suspended,
            sidecars=sidecars,
            deployment_alarms=alarms,
            health_check_grace_period=grace_period,
        )
        self._target_group.add_target(self._tier.service.load_balancer_target(container_name=CONTAINER_NAME))
        if health_check_port not in (None, container.port):
            # ECS opens the port of the requests alone (aws-cdk#18093).
            self._tier.connections.allow_from(self._door.way_in, ec2.Port.tcp(health_check_port), "Health checks")
        self._tier.scale(bounds, target_group=self._target_group)
        self._metrics = tier_metrics(
            path,
            self._tier.service,
            fewest=bounds.fewest,
            suspended=suspended,
            requests=self._requests,
            restarts_in_place=container.restart_attempt_period is not None,
        )

    @property
    def url(self) -> str:
        """Where users reach the tier.

        Raises:
            ValueError: The tier is a guest on another's load balancer, and its rule names no host.
        """
        if self._door.url is None:
            raise ValueError(f"{self.node.path}: its listener_rule names no host, so that only the owner knows the URL")
        return self._door.url

    @property
    def load_balancer(self) -> elbv2.ApplicationLoadBalancer:
        """The load balancer of this tier.

        Raises:
            ValueError: The tier is a guest on another's load balancer.
        """
        if self._door.load_balancer is None:
            raise ValueError(f"{self.node.path}: owns no load balancer, it was given a listener_rule")
        return self._door.load_balancer

    @property
    def listener(self) -> elbv2.ApplicationListener:
        """The listener of this tier's load balancer, on which others may have a `ListenerRule`.

        Where services of other apps have rules on it, say so: `share_load_balancer`.

        Raises:
            ValueError: The tier is a guest on another's load balancer.
        """
        if self._door.listener is None:
            raise ValueError(f"{self.node.path}: owns no listener, it was given a listener_rule")
        return self._door.listener

    def share_load_balancer(self) -> None:
        """Say that services that this app does not know have rules on the listener.

        CloudWatch measures what a load balancer answers itself, such as 503 without a task, of all its services
        together. From then on none of it counts as a failure of this tier: in `failed_responses_alarm`, which rolls a
        deployment back, and in `metrics`, also where alarms were made of them before. For a `ListenerRule` of this
        app nothing needs to be said.

        Raises:
            ValueError: The tier is a guest on another's load balancer.
        """
        if self._door.own is None:
            raise ValueError(f"{self.node.path}: owns no load balancer to share, it was given a listener_rule")
        self._door.own.shared = True

    @property
    def target_group(self) -> elbv2.ApplicationTargetGroup:
        """The target group of the tasks."""
        return self._target_group

    @property
    def failed_responses_alarm(self) -> cloudwatch.Alarm | None:
        """The alarm on failing requests, for actions of your own; ``None`` where it is switched off."""
        return self._failed_responses

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

    def metric_requests(self) -> cloudwatch.Metric:
        """Return the number of requests sent to the tasks in one minute: count, sum."""
        return self._requests.metric_requests()

    def metric_failed_responses(self) -> cloudwatch.IMetric:
        """Return the requests answered with 5xx in one minute, by the tasks or their own load balancer: count, sum."""
        return self._requests.metric_failed_responses()

    def metric_response_time(self, statistic: str = "p99") -> cloudwatch.Metric:
        """Return the time until a task's answer begins: seconds, by default the 99th percentile."""
        return self._requests.metric_response_time(statistic)

    def metric_unhealthy_hosts(self) -> cloudwatch.Metric:
        """Return the number of tasks that fail the health check of the load balancer: count, maximum."""
        return self._requests.metric_unhealthy_hosts()

    def send_to(self, queue: MessageQueue, *, prefix: str) -> None:
        """Let the tasks put messages on ``queue``: variables, network and permission.

        Args:
            queue: The queue.
            prefix: First part of the variables' names, such as ``ORDERS`` for ``ORDERS_URL``.

        Raises:
            ValueError: The prefix is no variable's name, or a variable of that name exists.
        """
        self._tier.send_to(queue, prefix=prefix)
