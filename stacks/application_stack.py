"""The application layer: the tiers of the shop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from constructs import Construct

from ecs_workloads import AppServer, Container, ListenerRule, RequestMetrics, WebFirewall, WebServer, Worker
from stacks import shared_values
from stacks.environments import Environment, TierSize
from stacks.layer_key import layer_key, removal_policy
from stacks.registry_stack import repository_name
from stacks.shell import shell_command

# The image has Python and no curl. It asks whether the process lives: if it asked for what the process needs
# (``/readyz``), a table that cannot be reached would make ECS replace all tasks, again and again.
_SERVES = ecs.HealthCheck(
    command=[
        "CMD",
        "python",
        "-c",
        "import urllib.request as u; u.urlopen('http://localhost:8000/healthz', timeout=3)",
    ],
    interval=cdk.Duration.seconds(10),
    start_period=cdk.Duration.seconds(30),
)
# The worker touches its file for as long as it takes messages.
_WORKS = ecs.HealthCheck(
    command=["CMD", "python", "-m", "ecs_workloads_runtime.health", "/tmp/shop-worker-lives", "--max-age", "60"],  # noqa: S108 - inside the container
    interval=cdk.Duration.seconds(30),
    start_period=cdk.Duration.seconds(30),
)
_ROOT = Path(__file__).resolve().parent.parent
_RUNTIME = _ROOT / "runtime"
# The web server waits for the app server, which waits for table and queue; each says no in time for who asked.
_LONGEST_APP_REQUEST = timedelta(seconds=20)
_LONGEST_WEB_REQUEST = timedelta(seconds=25)
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
_TABLE_KEY_ACTIONS = (
    "kms:Encrypt",
    "kms:Decrypt",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:DescribeKey",
)
_WEB_STARTUP_TIME = timedelta(seconds=15)


class ApplicationStack(cdk.Stack):
    """A web server that calls an app server, which sends orders to a queue, which a worker takes."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(scope, construct_id, termination_protection=environment.protected)
        self._environment = environment
        self._key = layer_key(self, environment)
        vpc = shared_values.vpc(self, environment)
        self._cluster = shared_values.cluster(self, environment, vpc=vpc)
        orders = shared_values.orders(self, environment)
        table = shared_values.orders_table(self, environment)
        orders_table = {"ORDERS_TABLE": shared_values.read(self, environment, "data", "orders-table-name")}

        app = AppServer(
            self,
            "App",
            cluster=self._cluster,
            container=replace(
                self._container("app", environment.app, port=8000, variables=orders_table), health_check=_SERVES
            ),
            dns_name="app",
            discovery_name=shared_values.app_discovery_name(environment),
            longest_request=_LONGEST_APP_REQUEST,
            scaling=environment.app.scaling,
            capacity=environment.capacity,
            enable_execute_command=environment.execute_command,
            encryption_key=self._key,
            removal_policy=removal_policy(environment),
        )
        web = WebServer(
            self,
            "Web",
            cluster=self._cluster,
            container=self._container("web", environment.web, port=8080, variables={"APP_URL": app.url}),
            domain=environment.domain,
            protocol=elbv2.ApplicationProtocol.HTTP
            if environment.domain is None and environment.listener is None
            else elbv2.ApplicationProtocol.HTTPS,
            listener_rule=self._listener_rule(),
            firewall=self._firewall(),
            health_check_path="/healthz",
            longest_request=_LONGEST_WEB_REQUEST,
            startup_time=_WEB_STARTUP_TIME,
            scaling=environment.web.scaling,
            # A shared load balancer is its owner's to protect.
            deletion_protection=environment.protected or environment.listener is not None,
            capacity=environment.capacity,
            enable_execute_command=environment.execute_command,
            encryption_key=self._key,
            removal_policy=removal_policy(environment),
        )
        worker = Worker(
            self,
            "Worker",
            cluster=self._cluster,
            container=replace(
                self._container("worker", environment.worker, variables=orders_table), health_check=_WORKS
            ),
            queue=orders,
            scaling=environment.worker.scaling,
            queue_prefix="ORDERS",
            capacity=environment.capacity,
            enable_execute_command=environment.execute_command,
            encryption_key=self._key,
            removal_policy=removal_policy(environment),
        )
        app.allow_from(web)
        app.send_to(orders, prefix="ORDERS")
        table.grant(app, "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem")
        table.grant(worker, "dynamodb:UpdateItem")
        if table.encryption_key is not None:
            for user in (app, worker):
                table.encryption_key.grant(user, *_TABLE_KEY_ACTIONS)

        cdk.CfnOutput(self, "Url", value=web.url, description="Where users reach the shop")
        for name, tier in (("Web", web), ("App", app), ("Worker", worker)):
            cdk.CfnOutput(self, f"{name}LogGroup", value=tier.log_group.log_group_name)
            if environment.execute_command:
                cdk.CfnOutput(self, f"{name}Shell", value=shell_command(self._cluster, tier.service))
        requests = web.metrics.requests
        assert isinstance(requests, RequestMetrics)  # noqa: S101 - a web server always has them
        shared_values.publish(
            self,
            environment,
            "application",
            {
                "web-load-balancer-full-name": requests.load_balancer_full_name,
                "web-target-group-full-name": requests.target_group_full_name,
                "web-service-name": web.service.service_name,
                "app-service-name": app.service.service_name,
                "worker-service-name": worker.service.service_name,
            },
        )

    def _container(
        self, image: str, size: TierSize, *, port: int | None = None, variables: Mapping[str, str] | None = None
    ) -> Container:
        return Container(
            image=self._image(image),
            port=port,
            cpu=size.cpu,
            memory_limit_mib=size.memory_limit_mib,
            environment=variables or {},
            log_retention=self._environment.log_retention,
        )

    def _image(self, name: str) -> ecs.ContainerImage:
        release = self._environment.release
        if release is None:
            return ecs.ContainerImage.from_asset(
                str(_ROOT / "images" / name),
                platform=ecr_assets.Platform.LINUX_AMD64,
                build_contexts={"runtime": str(_RUNTIME)},
                # Not the folder's path, which differs from clone to clone, makes a new image, but what is in it.
                invalidation=ecr_assets.DockerImageAssetInvalidationOptions(build_contexts=False),
                extra_hash=cdk.FileSystem.fingerprint(str(_RUNTIME), exclude=["**/__pycache__", "**/*.egg-info"]),
            )
        repository = ecr.Repository.from_repository_name(
            self, f"{name.title()}Repository", repository_name(self._environment, name)
        )
        return ecs.ContainerImage.from_ecr_repository(repository, release)

    def _firewall(self) -> WebFirewall:
        # A shared load balancer has that of its owner.
        if self._environment.listener is not None:
            return WebFirewall()
        return WebFirewall(log_retention=self._environment.log_retention)

    def _listener_rule(self) -> ListenerRule | None:
        existing = self._environment.listener
        if existing is None:
            return None
        return ListenerRule(
            listener=elbv2.ApplicationListener.from_application_listener_attributes(
                self,
                "Listener",
                listener_arn=existing.listener_arn,
                security_group=ec2.SecurityGroup.from_security_group_id(
                    self,
                    "ListenerSecurityGroup",
                    existing.security_group_id,
                    allow_all_outbound=False,  # else no way is opened from a load balancer that has none
                ),
            ),
            priority=existing.priority,
            host_headers=[existing.host_header],
        )
