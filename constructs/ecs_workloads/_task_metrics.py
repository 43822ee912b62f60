"""The measurements of a tier that this app makes. Private: tiers hand them out as ``metrics``."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2

from ecs_workloads._own_request_metrics import OwnRequestMetrics
from ecs_workloads._running_tasks import service_names
from ecs_workloads.backlog_per_task import BacklogPerTask
from ecs_workloads.broker_metrics import BrokerMetrics
from ecs_workloads.queue_metrics import QueueMetrics
from ecs_workloads.request_metrics import RequestMetrics
from ecs_workloads.scaling import Scaling
from ecs_workloads.service_connect_metrics import ServiceConnectMetrics
from ecs_workloads.tier_metrics import TierMetrics


def tier_metrics(
    path: str,
    service: ecs.BaseService,
    *,
    fewest: int,
    suspended: bool,
    requests: RequestMetrics | ServiceConnectMetrics | None = None,
    queue: QueueMetrics | None = None,
    broker: BrokerMetrics | None = None,
    restarts_in_place: bool = False,
) -> TierMetrics:
    """Return what is measured of the tier at ``path``, of which ``fewest`` tasks run at any time of day."""
    cluster_name, service_name = service_names(service)
    return TierMetrics(
        cluster_name=cluster_name,
        service_name=service_name,
        # A token is a negative number.
        min_capacity=0 if suspended else max(0, fewest),
        suspended=suspended,
        path=path,
        requests=requests,
        queue=queue,
        broker=broker,
        restarts_in_place=restarts_in_place,
    )


class OwnLoadBalancer(Protocol):
    """The load balancer of a tier, and whether others have rules on its listener by now."""

    @property
    def load_balancer(self) -> elbv2.ApplicationLoadBalancer: ...

    @property
    def shared(self) -> bool: ...


def request_metrics(
    target_group: elbv2.ApplicationTargetGroup, own: OwnLoadBalancer | None, *, health_check_grace_period: timedelta
) -> RequestMetrics:
    """Return what a load balancer measures of ``target_group``, to which a listener must send already."""
    if own is None:
        return RequestMetrics(
            load_balancer_full_name=target_group.first_load_balancer_full_name,
            target_group_full_name=target_group.target_group_full_name,
            owns_load_balancer=False,
            health_check_grace_period=health_check_grace_period,
        )
    return OwnRequestMetrics(
        load_balancer_full_name=own.load_balancer.load_balancer_full_name,
        target_group_full_name=target_group.target_group_full_name,
        health_check_grace_period=health_check_grace_period,
        is_shared=lambda: own.shared,
    )


def service_connect_metrics(
    service: ecs.BaseService, discovery_name: str, app_protocol: ecs.AppProtocol | None
) -> ServiceConnectMetrics | None:
    """Return what Service Connect measures of ``service``; nothing for gRPC, whose metrics have other names."""
    if app_protocol is not None and app_protocol.value == "grpc":
        return None
    cluster_name, service_name = service_names(service)
    return ServiceConnectMetrics(discovery_name=discovery_name, cluster_name=cluster_name, service_name=service_name)


def acceptable_latency(scaling: Scaling) -> timedelta | None:
    """Return the time for which a message may wait, where a policy says so."""
    latencies = [policy.acceptable_latency for policy in scaling.policies or () if isinstance(policy, BacklogPerTask)]
    return min(latencies, default=None)
