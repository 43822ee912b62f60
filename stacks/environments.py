"""The environments this repository deploys. Plain data: no construct, no jsii object."""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from aws_cdk import aws_logs as logs

from ecs_workloads import ArrivalRate, BacklogPerTask, CapacityShare, Domain, RequestsPerTarget, Scaling, TargetCpu

APPLICATION = "shop"
IMAGES = ("web", "app", "worker")


@dataclass(frozen=True, kw_only=True)
class ExistingVpc:
    """A VPC made elsewhere, with one private and one public subnet for each zone."""

    vpc_id: str
    private_subnet_ids: Sequence[str]
    public_subnet_ids: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class ExistingCluster:
    """An ECS cluster made elsewhere, with the private DNS namespace that is its default."""

    cluster_name: str
    namespace_name: str
    namespace_id: str
    namespace_arn: str
    exec_log_group_name: str


@dataclass(frozen=True, kw_only=True)
class ExistingListener:
    """An HTTPS listener made elsewhere, and the place on it that is the shop's."""

    listener_arn: str
    security_group_id: str
    priority: int
    host_header: str


@dataclass(frozen=True, kw_only=True)
class TierSize:
    """Size of one task, and number of tasks."""

    cpu: int = 256
    memory_limit_mib: int = 512
    scaling: Scaling

    @property
    def fewest(self) -> int:
        """Fewest tasks, which other stacks than that of the tier have to know."""
        if self.scaling.min_capacity is None:
            raise ValueError("a TierSize must say its min_capacity")
        return self.scaling.min_capacity


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Everything that differs between two deployments of the shop.

    Args:
        name: Name of the environment, as ``-c environments=`` takes it: up to 32 lower-case letters, digits and single
            hyphens, beginning with a letter. It is a part of DNS names and of names of repositories.
        region: AWS region.
        account: AWS account. Defaults to the one whose credentials deploy.
        zones: Availability zones, 2 or 3.
        cidr: Addresses of the VPC, ``/16`` to ``/18``: fewer do not hold its subnets.
        nat_gateways: NAT gateways, at most one for each zone. With 0, tasks reach AWS through interface
            endpoints, and nothing else.
        vpc: VPC to use instead of a new one.
        cluster: Cluster to use instead of a new one.
        listener: Listener to use instead of a new load balancer.
        domain: Host name of the shop. Without one it speaks plain HTTP under the load balancer's name.
        release: Tag of the images in this environment's repositories. Without one, images are built from the
            Dockerfiles in ``images/``.
        queue: ``sqs``, or ``rabbitmq`` for a broker on the cluster.
        broker_nodes: Nodes of the broker. A protected environment needs three, which need three zones.
        broker_version: Version of RabbitMQ, the tag of the broker's image in this environment's repositories.
        capacity: Capacity providers that share the tasks.
        web: Size of the web server.
        app: Size of the app server.
        worker: Size of the worker.
        longest_order: Longest time that a worker takes for one order.
        log_retention: How long logs are kept. Less than a year breaks CloudWatch.16 of AWS Security Hub.
        execute_command: Whether a shell may be opened in a task.
        protected: Whether data outlives its stack, and stacks and load balancer refuse to be deleted.

    Raises:
        ValueError: A value is out of its range, or two do not fit each other.
    """

    name: str
    region: str
    account: str | None = None
    zones: int = 2
    cidr: str = "10.0.0.0/16"
    nat_gateways: int = 1
    vpc: ExistingVpc | None = None
    cluster: ExistingCluster | None = None
    listener: ExistingListener | None = None
    domain: Domain | None = None
    release: str | None = None
    queue: Literal["sqs", "rabbitmq"] = "sqs"
    broker_nodes: Literal[1, 3] = 1
    broker_version: str | None = None
    capacity: Sequence[CapacityShare] = (CapacityShare.fargate(),)
    web: TierSize
    app: TierSize
    worker: TierSize
    longest_order: timedelta = timedelta(minutes=2)
    log_retention: logs.RetentionDays = logs.RetentionDays.ONE_YEAR
    execute_command: bool = True
    protected: bool = False

    def __post_init__(self) -> None:
        self._require(
            re.fullmatch(r"(?=.{1,32}$)[a-z][a-z0-9]*(-[a-z0-9]+)*", self.name) is not None,
            "name must be up to 32 lower-case letters, digits and single hyphens, beginning with a letter",
        )
        self._require(self.zones in (2, 3), f"zones must be 2 or 3, got {self.zones}")
        self._require(
            _is_network(self.cidr), f"cidr must be an IPv4 network of /16 to /18, as 10.0.0.0/16, got {self.cidr!r}"
        )
        self._require(
            0 <= self.nat_gateways <= self.zones,
            f"nat_gateways must be from 0 to zones={self.zones}, got {self.nat_gateways}",
        )
        self._require(
            self.queue != "rabbitmq" or (self.broker_version is not None and self.release is not None),
            "the broker's image comes from a repository: rabbitmq needs release and broker_version",
        )
        self._require(
            self.domain is None or self.listener is None, "the host name of a listener is its host_header: no domain"
        )
        if self.vpc is not None:
            for subnets in (self.vpc.private_subnet_ids, self.vpc.public_subnet_ids):
                self._require(len(subnets) == self.zones, f"need {self.zones} subnets of each kind, got {subnets}")
        if self.protected:
            fewest = self.web.fewest
            self._require(fewest >= self.zones, f"web needs a task in each of {self.zones} zones, got {fewest}")
            self._require(
                any(share.may_be_interrupted is False and share.base > 0 for share in self.capacity),
                "a protected environment needs an on-demand base in its capacity",
            )

    @property
    def acceptable_latency(self) -> timedelta | None:
        """Time for which an order may wait, where the worker scales by it."""
        policies = self.worker.scaling.policies or ()
        return min((one.acceptable_latency for one in policies if isinstance(one, BacklogPerTask)), default=None)

    def _require(self, condition: bool, message: str) -> None:  # noqa: FBT001 - reads as an assertion
        if not condition:
            raise ValueError(f"environment {self.name!r}: {message}")


def _is_network(cidr: str) -> bool:
    """Tell whether a VPC may have these addresses, and two or three public /24 and private /20 fit into it."""
    try:
        return 16 <= ipaddress.IPv4Network(cidr).prefixlen <= 18  # noqa: PLR2004
    except ValueError:
        return False


_BY_BACKLOG = BacklogPerTask(acceptable_latency=timedelta(minutes=5), processing_time=timedelta(seconds=2))
_BY_ORDERS = (_BY_BACKLOG, ArrivalRate(processing_time=timedelta(seconds=2)))

DEV = Environment(
    name="dev",
    region="eu-west-1",
    capacity=(CapacityShare.fargate_spot(),),
    web=TierSize(scaling=Scaling(min_capacity=1, max_capacity=2)),
    app=TierSize(scaling=Scaling(min_capacity=1, max_capacity=2)),
    worker=TierSize(scaling=Scaling(min_capacity=1, max_capacity=2, policies=_BY_ORDERS)),
)

STAGING = Environment(
    name="staging",
    region="eu-west-1",
    domain=Domain(
        domain_name="staging.shop.example.com", hosted_zone_id="Z0123456789EXAMPLE00", zone_name="shop.example.com"
    ),
    release="1.0.0",
    queue="rabbitmq",
    broker_version="4.3.6",
    capacity=(CapacityShare.fargate(base=1), CapacityShare.fargate_spot(weight=3)),
    web=TierSize(scaling=Scaling(min_capacity=2, max_capacity=4)),
    app=TierSize(scaling=Scaling(min_capacity=2, max_capacity=4)),
    # A broker does not count what arrives.
    worker=TierSize(scaling=Scaling(min_capacity=1, max_capacity=4, policies=(_BY_BACKLOG,))),
)

PROD = replace(
    STAGING,
    name="prod",
    zones=3,
    nat_gateways=3,
    broker_nodes=3,
    domain=Domain(domain_name="shop.example.com", hosted_zone_id="Z0123456789EXAMPLE00", zone_name="shop.example.com"),
    capacity=(CapacityShare.fargate(base=3), CapacityShare.fargate_spot(weight=2)),
    web=TierSize(
        cpu=512,
        memory_limit_mib=1024,
        scaling=Scaling(
            min_capacity=3, max_capacity=30, policies=(RequestsPerTarget(requests_per_minute=1000), TargetCpu())
        ),
    ),
    app=TierSize(cpu=512, memory_limit_mib=1024, scaling=Scaling(min_capacity=3, max_capacity=30)),
    worker=TierSize(
        cpu=512, memory_limit_mib=1024, scaling=Scaling(min_capacity=2, max_capacity=20, policies=(_BY_BACKLOG,))
    ),
    execute_command=False,
    protected=True,
)

ENVIRONMENTS = (DEV, STAGING, PROD)


def select(names: str | None) -> Sequence[Environment]:
    """Return the environments that ``names`` lists, separated by commas; all of them for ``None``.

    Raises:
        ValueError: A name is unknown, or there is none.
    """
    known = {environment.name: environment for environment in ENVIRONMENTS}
    if names is None:
        return ENVIRONMENTS
    wanted = list(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
    if not wanted:
        raise ValueError(f"environments names none; there are {', '.join(known)}")
    for name in wanted:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f" (did you mean {close[0]!r}?)" if close else ""
            raise ValueError(f"unknown environment {name!r}{hint}; there are {', '.join(known)}")
    return [known[name] for name in wanted]
