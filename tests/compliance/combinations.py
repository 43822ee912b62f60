"""Random valid combinations of arguments, synthesised with CloudFormation's own rules as errors.

A program of its own, since validation counts only when it is on before the first import of aws_cdk:
``python -m tests.compliance.combinations 260 1`` tries 260 combinations that follow from the seed 1, and prints a
digest of the template of each. A file of such digests may follow: templates that are in it do not count again.
"""

from __future__ import annotations

import functools
import hashlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import hypothesis
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from hypothesis import strategies as st

from ecs_workloads import (
    Alarms,
    AmazonMqBroker,
    AppServer,
    BrokerMetrics,
    Container,
    ContainerCluster,
    Dashboard,
    Domain,
    EbsVolume,
    EfsVolume,
    FluentBit,
    ImageRepository,
    ListenerRule,
    MessageQueue,
    OpenTelemetryCollector,
    PullThroughCache,
    RabbitMqBroker,
    ScratchVolume,
    SharedFileSystem,
    SqsQueue,
    TierMetrics,
    WebFirewall,
    WebServer,
    Worker,
)
from ecs_workloads.alarms import Severity
from tests.compliance.strategies import APP, BROKER, CLOUDFRONT, MANAGED, WEB, WORKER, Arguments
from tests.stacks.assemblies import feature_flags

_IMAGE = ecs.ContainerImage.from_registry("example.com/shop:1.0.0")
_HEALTHY = ecs.HealthCheck(command=["CMD", "true"])
_DOMAIN = Domain(domain_name="shop.example.com", hosted_zone_id="Z0123456789EXAMPLE00", zone_name="example.com")
_AUTHORITY = "arn:aws:acm-pca:eu-west-1:111111111111:certificate-authority/12345678-1234-1234-1234-123456789012"
_KEY = "arn:aws:kms:eu-west-1:111111111111:key/12345678-1234-1234-1234-123456789012"
_FLAGS = feature_flags()
_OF_THE_OWNER = ("redirect_http", "sources", "firewall", "ip_address_type", "log_bucket", "deletion_protection")


class Shop:
    """A stack in which one tier is built from random arguments."""

    def __init__(self) -> None:
        self.app = cdk.App(context=_FLAGS, analytics_reporting=False)
        self.stack = cdk.Stack(self.app, "Shop", env=cdk.Environment(region="eu-west-1"))
        self.zones = ["eu-west-1a", "eu-west-1b"]

    @functools.cached_property
    def cluster(self) -> ecs.Cluster:
        vpc = ec2.Vpc(
            self.stack,
            "Vpc",
            availability_zones=self.zones,
            nat_gateways=1,
            ip_protocol=ec2.IpProtocol.DUAL_STACK,
        )
        return ContainerCluster(self.stack, "Cluster", vpc=vpc).cluster

    def web(self, arguments: Arguments) -> None:
        entry: Arguments = {}
        match arguments.pop("entry", "domain"):
            case "plain":
                entry["protocol"] = elbv2.ApplicationProtocol.HTTP
                for name in ("authentication", "protocol_version"):
                    arguments.pop(name, None)
            case "guest":
                entry["listener_rule"] = ListenerRule(
                    listener=self._listener(),
                    priority=arguments.get("priority", 1),
                    **arguments.get("rule", {"path_patterns": ["/*"]}),
                )
                for name in _OF_THE_OWNER:
                    arguments.pop(name, None)
            case "certificate":
                entry |= {"domain": Domain(domain_name="shop.example.com"), "certificate": self._certificate()}
            case _:
                entry["domain"] = _DOMAIN
        for name in ("rule", "priority"):
            arguments.pop(name, None)
        if arguments.get("sources") is CLOUDFRONT:
            arguments |= {"redirect_http": False, "firewall": WebFirewall(forwarded_ip_header="X-Forwarded-For")}
        if arguments.get("protocol_version") == elbv2.ApplicationProtocolVersion.GRPC:
            arguments["health_check_path"] = "/grpc.health.v1.Health/Check"
        if arguments.pop("log_bucket", None):
            arguments["log_bucket"] = s3.Bucket(self.stack, "Logs")
        watched, common = self._common(arguments, port=8080)
        self._watch({"Tier": WebServer(self.stack, "Web", **entry, **common).metrics}, watched)

    def app_server(self, arguments: Arguments) -> None:
        internal, tls = arguments.pop("internal", None), arguments.pop("tls", False)
        entry: Arguments = {"dns_name": "app"} if internal is None else {"internal_load_balancer": internal}
        if internal is not None:
            for name in ("app_protocol", "access_logs"):
                arguments.pop(name, None)
        elif tls:
            entry["certificate_authority_arn"] = _AUTHORITY
        watched, common = self._common(arguments, port=8000, health_check=_HEALTHY)
        self._watch({"Tier": AppServer(self.stack, "App", **entry, **common).metrics}, watched)

    def worker(self, arguments: Arguments) -> None:
        queue = self._queue(
            arguments.pop("queue", "made"),
            longest_processing_time=arguments.pop("longest_processing_time", timedelta(minutes=1)),
            max_receive_count=arguments.pop("max_receive_count", 5),
        )
        watched, common = self._common(arguments)
        self._watch({"Tier": Worker(self.stack, "Worker", queue=queue, **common).metrics}, watched)

    def broker(self, arguments: Arguments) -> None:
        self.zones.append("eu-west-1c")  # for a cluster of nodes
        cpu, memory = arguments.pop("size")
        queues: dict[str, Arguments] = arguments.pop("queues", {})
        watched = self._of_every_service(arguments)
        if arguments.pop("certificate", None):
            arguments["certificate"] = secretsmanager.Secret(self.stack, "Certificate")
        if image := arguments.pop("image", None):
            arguments["image"] = ecs.ContainerImage.from_registry(image)
        broker = RabbitMqBroker(
            self.stack,
            "Broker",
            cluster=self.cluster,
            version="4.2.1",
            cpu=cpu,
            memory_limit_mib=memory,
            **arguments,
        )
        for name, declared in queues.items():
            broker.queue(name, **declared)
        tiers: dict[str, TierMetrics | BrokerMetrics] = {
            f"Node{place}": node.metrics for place, node in enumerate(broker.nodes)
        }
        if arguments.get("collector", broker) is not None and len(broker.nodes) > 1:
            tiers["Broker"] = broker.broker_metrics
        self._watch(tiers, watched)

    def managed_broker(self, arguments: Arguments) -> None:
        version, instance = arguments.pop("instance")
        if arguments.pop("encryption_key", None):
            arguments["encryption_key"] = kms.Key(self.stack, "Key")
        AmazonMqBroker(
            self.stack,
            "Broker",
            vpc=self.cluster.vpc,
            engine_version=version,
            host_instance_type=instance,
            **arguments,
        ).queue("orders", longest_processing_time=timedelta(minutes=1))

    def _common(self, arguments: Arguments, **container: Any) -> tuple[Arguments, Arguments]:
        """Return what watches the tier, and the arguments of the tier itself."""
        watched = self._of_every_service(arguments)
        arguments["container"] = self._container(dict(arguments["container"]), **container)
        return watched, {"cluster": self.cluster, **arguments}

    def _of_every_service(self, arguments: Arguments) -> Arguments:
        """Make key and sidecars, and return what watches the tier."""
        if arguments.pop("encryption_key", None):
            arguments["encryption_key"] = kms.Key(self.stack, "Key")
        arguments["sidecars"] = [
            OpenTelemetryCollector(image=_IMAGE)
            if sidecar == "otel"
            else FluentBit(image=_IMAGE, options={"Name": "stdout"})
            for sidecar in arguments.pop("sidecars", ())
        ]
        return {name: arguments.pop(name, None) for name in ("alarms", "dashboard")}

    def _watch(self, tiers: Mapping[str, TierMetrics | BrokerMetrics], watched: Arguments) -> None:
        if watched["alarms"] is not None:
            topic = sns.Topic(self.stack, "Topic")
            topics: dict[Severity, list[sns.Topic]] = {"critical": [topic], "warning": []}
            Alarms(self.stack, "Alarms", tiers=tiers, topics=topics, thresholds=watched["alarms"])
        if watched["dashboard"]:
            Dashboard(self.stack, "Dashboard", tiers=tiers)

    def _listener(self) -> elbv2.IApplicationListener:
        return elbv2.ApplicationListener.from_application_listener_attributes(
            self.stack,
            "Listener",
            listener_arn="arn:aws:elasticloadbalancing:eu-west-1:111111111111:listener/app/shop/0123456789abcdef/0123456789abcdef",
            security_group=ec2.SecurityGroup.from_security_group_id(self.stack, "ListenerGroup", "sg-12345678"),
        )

    def _certificate(self) -> acm.ICertificate:
        arn = "arn:aws:acm:eu-west-1:111111111111:certificate/12345678-1234-1234-1234-123456789012"
        return acm.Certificate.from_certificate_arn(self.stack, "Certificate", arn)

    def _queue(self, kind: str, *, longest_processing_time: timedelta, max_receive_count: int) -> MessageQueue:
        if not kind.startswith("imported"):
            return SqsQueue(
                self.stack,
                "Orders",
                longest_processing_time=longest_processing_time,
                max_receive_count=max_receive_count,
                fifo=kind == "fifo",
                encryption_key=kms.Key(self.stack, "QueueKey") if kind == "encrypted" else None,  # pyright: ignore[reportArgumentType]  # jsii#4541
            )
        imported = sqs.Queue.from_queue_attributes(
            self.stack,
            "Imported",
            queue_arn="arn:aws:sqs:eu-west-1:111111111111:orders",
            key_arn=_KEY if kind.endswith("encrypted") else None,
        )
        return SqsQueue.from_queue(imported, longest_processing_time=longest_processing_time)

    def _image(self, kind: str, arguments: Arguments) -> ecs.ContainerImage:
        if kind == "registry":
            return _IMAGE
        if kind == "cache":
            return PullThroughCache(self.stack, "Cache", upstream="quay").image("shop/web", "1.0.0")
        if arguments.pop("encryption_key", None):
            arguments["encryption_key"] = kms.Key(self.stack, "ImageKey")
        return ImageRepository(self.stack, "Images", **arguments).image("1.0.0")

    def _secret(self, kind: str) -> ecs.Secret:
        secret = secretsmanager.Secret(self.stack, "Password")
        if kind == "version":
            return ecs.Secret.from_secrets_manager_version(secret, ecs.SecretVersionInfo(version_stage="AWSPREVIOUS"))  # pyright: ignore[reportArgumentType]  # jsii#4541
        field = "password" if kind == "field" else None
        return ecs.Secret.from_secrets_manager(secret, field)  # pyright: ignore[reportArgumentType]  # jsii#4541

    def _container(self, arguments: Arguments, **container: Any) -> Container:
        cpu, memory = arguments.pop("size")
        secret = arguments.pop("secret", None)
        secrets = {} if secret is None else {"PASSWORD": self._secret(secret)}
        image = self._image(arguments.pop("image", "registry"), dict(arguments.pop("repository", {})))
        volumes = [self._volume(kind) for kind in arguments.pop("volumes", ())]
        return Container(
            image=image,
            cpu=cpu,
            memory_limit_mib=memory,
            secrets=secrets,
            volumes=volumes,
            **arguments,
            **container,
        )

    def _volume(self, kind: str) -> EfsVolume | EbsVolume | ScratchVolume:
        if kind == "efs":
            files = SharedFileSystem(self.stack, "Files", vpc=self.cluster.vpc)
            folder = files.folder("Folder", path="/files")
            return EfsVolume(name="efs", container_path="/efs", access_point=folder)  # pyright: ignore[reportArgumentType]  # jsii#4541
        if kind == "ebs":
            return EbsVolume(name="ebs", container_path="/ebs", size_gib=100)
        return ScratchVolume(name="scratch", container_path="/scratch", image_declares_volume=True)


def check_template(template: dict[str, Any]) -> None:
    """Hold what every combination promises."""
    resources = template["Resources"].values()
    most = [one["Properties"]["MaxCapacity"] for one in resources if one["Type"].endswith("::ScalableTarget")]
    for resource in resources:
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::ECS::TaskDefinition":
            for container in properties["ContainerDefinitions"]:
                assert container["ReadonlyRootFilesystem"] is True
                assert container["User"].split(":")[0] not in ("", "0", "root")
                assert container["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
                assert "LogConfiguration" in container
        if resource["Type"] == "AWS::ECS::Service":
            assert properties["DeploymentConfiguration"]["DeploymentCircuitBreaker"] == {
                "Enable": True,
                "Rollback": True,
            }
            # What scales keeps its count at a deployment; what is suspended, or has one writer, has a fixed one.
            assert ("DesiredCount" in properties) == (most in ([], [0]))
            assert properties["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == "DISABLED"
        if resource["Type"] == "AWS::EC2::SecurityGroup":
            for rule in properties.get("SecurityGroupIngress", []):
                assert rule["FromPort"] in (80, 443)


def check_validation_is_on() -> None:
    """Fail when a broken rule would go unnoticed."""
    app = cdk.App(context=_FLAGS, analytics_reporting=False)
    sqs.CfnQueue(cdk.Stack(app, "Bad"), "Queue", visibility_timeout=99_999)
    try:
        app.synth()
    except RuntimeError:
        return
    raise SystemExit("validation is off: a queue with an impossible time was synthesised")


def tries(build: Build, wanted: int, templates: set[str]) -> Callable[[Arguments], None]:
    """Return a test that builds combinations until ``wanted`` templates differ; it notes a digest of each."""
    begun = len(templates)
    seen = set[str]()

    def check(arguments: Arguments) -> None:
        if len(templates) - begun == wanted or repr(arguments) in seen:
            return
        seen.add(repr(arguments))
        shop = Shop()
        build(shop, dict(arguments))
        assembly = shop.app.synth()  # raises when a rule of CloudFormation is broken
        template = assembly.get_stack_by_name("Shop").template
        check_template(template)
        templates.add(hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest())

    return check


Build = Callable[[Shop, Arguments], None]
# Of 20 combinations, how many are of each tier.
_TIERS: Sequence[tuple[Build, st.SearchStrategy[Arguments], int]] = (
    (Shop.web, WEB, 7),
    (Shop.app_server, APP, 5),
    (Shop.worker, WORKER, 5),
    (Shop.broker, BROKER, 2),
    (Shop.managed_broker, MANAGED, 1),
)


def main(count: int, seed: int, known: AbstractSet[str] = frozenset()) -> None:
    """Try ``count`` combinations, a multiple of 20, that follow from ``seed``, of which no template is ``known``."""
    check_validation_is_on()
    templates = set(known)
    for build, strategy, share in _TIERS:
        wanted = count * share // 20
        test = hypothesis.given(strategy)(tries(build, wanted, templates))
        test = hypothesis.settings(
            # What is drawn twice costs nothing.
            max_examples=100 + 3 * wanted,
            deadline=None,
            database=None,
            suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.data_too_large],
            phases=[hypothesis.Phase.generate],
        )(test)
        hypothesis.seed(seed)(test)()
    sys.stdout.write("\n".join([*sorted(templates - known), ""]))


if __name__ == "__main__":
    main(
        int(sys.argv[1]),
        int(sys.argv[2]),
        {digest for name in sys.argv[3:] for digest in Path(name).read_text(encoding="ascii").split()},
    )
