"""An application that knows nothing of ecs_workloads: the L2 constructs of ``aws_cdk``, and L1 where there is no L2."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_batch as batch
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_codepipeline_actions as actions
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_efs as efs
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as scheduler_targets
from aws_cdk import aws_stepfunctions as stepfunctions
from aws_cdk import aws_stepfunctions_tasks as tasks
from aws_cdk import aws_wafv2 as wafv2

_PROGRAM = str(Path(__file__).parent / "programs" / "echo")
# As ``cdk init`` sets it: the rules of the VPC's default security group are taken away by a custom resource.
_FLAGS = {"@aws-cdk/aws-ec2:restrictDefaultSecurityGroup": True}


def synthesize(folder: Path) -> Path:
    """Synthesise the application into ``folder`` and return it."""
    app = cdk.App(outdir=str(folder), analytics_reporting=False, context=_FLAGS)
    network = Network(app, "Network")
    Services(app, "Services", network=network)
    Work(app, "Work", network=network)
    Delivery(app, "Delivery")
    app.synth()
    return folder


class Network(cdk.Stack):
    """VPC with NAT, cluster with Service Connect, and a file system."""

    def __init__(self, scope: cdk.App, name: str) -> None:
        super().__init__(scope, name)
        self.vpc = ec2.Vpc(self, "Vpc", max_azs=2, nat_gateways=1)
        self.cluster = ecs.Cluster(
            self,
            "Cluster",
            vpc=self.vpc,
            default_cloud_map_namespace=ecs.CloudMapNamespaceOptions(
                name="foreign.local", use_for_service_connect=True
            ),
        )
        self.files = efs.FileSystem(
            self,
            "Files",
            vpc=self.vpc,
            encrypted=True,
            lifecycle_policy=efs.LifecyclePolicy.AFTER_14_DAYS,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        self.data = self.files.add_access_point(
            "Data",
            path="/data",
            create_acl=efs.Acl(owner_uid="1000", owner_gid="1000", permissions="0750"),
            posix_user=efs.PosixUser(uid="1000", gid="1000"),
        )


class Services(cdk.Stack):
    """Two services: one behind a load balancer and a firewall, which asks the other by its name."""

    def __init__(self, scope: cdk.App, name: str, *, network: Network) -> None:
        super().__init__(scope, name)
        back = self._service("Back", network, count=1, connect=ecs.ServiceConnectService(port_mapping_name="http"))
        front = self._service("Front", network, count=2, connect=None)
        front.node.find_child("Service").node.add_dependency(back.node.find_child("Service"))
        self._mount_files(front.task_definition, network)
        balancer = elbv2.ApplicationLoadBalancer(self, "Balancer", vpc=network.vpc, internet_facing=True)
        balancer.add_listener("Listener", port=80).add_targets(
            "Targets", port=8080, protocol=elbv2.ApplicationProtocol.HTTP, targets=[front]
        )
        back.connections.allow_from(front, ec2.Port.tcp(8080))
        front.connections.allow_to_default_port(network.files)
        self._protect(balancer)

    def _service(
        self, name: str, network: Network, *, count: int, connect: ecs.ServiceConnectService | None
    ) -> ecs.FargateService:
        definition = ecs.FargateTaskDefinition(self, f"{name}Task", cpu=256, memory_limit_mib=512)
        definition.add_container(
            "app",
            image=ecs.ContainerImage.from_asset(_PROGRAM),
            environment={"GREETING": name, "BACK": "http://http.foreign.local:8080/"},
            port_mappings=[ecs.PortMapping(container_port=8080, name="http")],
            logging=ecs.LogDriver.aws_logs(stream_prefix="app", log_retention=logs.RetentionDays.ONE_WEEK),
        )
        return ecs.FargateService(
            self,
            f"{name}Service",
            cluster=network.cluster,
            task_definition=definition,
            desired_count=count,
            min_healthy_percent=100,
            circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
            service_connect_configuration=ecs.ServiceConnectProps(services=[connect] if connect else []),
        )

    @staticmethod
    def _mount_files(definition: ecs.TaskDefinition, network: Network) -> None:
        definition.add_volume(
            name="data",
            efs_volume_configuration=ecs.EfsVolumeConfiguration(
                file_system_id=network.files.file_system_id,
                transit_encryption="ENABLED",
                authorization_config=ecs.AuthorizationConfig(
                    access_point_id=network.data.access_point_id, iam="ENABLED"
                ),
            ),
        )
        container = definition.default_container
        assert container is not None
        container.add_mount_points(ecs.MountPoint(source_volume="data", container_path="/data", read_only=False))

    def _protect(self, balancer: elbv2.ApplicationLoadBalancer) -> None:
        visible = wafv2.CfnWebACL.VisibilityConfigProperty(
            cloud_watch_metrics_enabled=True, metric_name="firewall", sampled_requests_enabled=True
        )
        firewall = wafv2.CfnWebACL(
            self,
            "Firewall",
            default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}),
            scope="REGIONAL",
            visibility_config=visible,
        )
        wafv2.CfnWebACLAssociation(
            self, "Guard", resource_arn=balancer.load_balancer_arn, web_acl_arn=firewall.attr_arn
        )


class Work(cdk.Stack):
    """A task that a schedule, a state machine and a queue of AWS Batch run."""

    def __init__(self, scope: cdk.App, name: str, *, network: Network) -> None:
        super().__init__(scope, name)
        definition = ecs.FargateTaskDefinition(self, "Job", family="report")
        job = definition.add_container(
            "job",
            image=ecs.ContainerImage.from_asset(_PROGRAM),
            command=["python", "-c", "import os; print('a report for', os.environ.get('CUSTOMER'))"],
            logging=ecs.LogDriver.aws_logs(stream_prefix="job"),
        )
        scheduler.Schedule(
            self,
            "Nightly",
            schedule=scheduler.ScheduleExpression.cron(minute="0", hour="3", time_zone=cdk.TimeZone.EUROPE_PARIS),
            target=cast(
                "scheduler.IScheduleTarget",
                scheduler_targets.EcsRunFargateTask(network.cluster, task_definition=definition),
            ),
        )
        run = tasks.EcsRunTask(
            self,
            "Run",
            cluster=network.cluster,
            task_definition=definition,
            launch_target=tasks.EcsFargateLaunchTarget(platform_version=ecs.FargatePlatformVersion.LATEST),
            integration_pattern=stepfunctions.IntegrationPattern.RUN_JOB,
            container_overrides=[
                tasks.ContainerOverride(
                    container_definition=job,
                    environment=[tasks.TaskEnvironmentVariable(name="CUSTOMER", value="the state machine")],
                )
            ],
        )
        stepfunctions.StateMachine(
            self,
            "Machine",
            state_machine_name="report",
            definition_body=stepfunctions.DefinitionBody.from_chainable(run.next(stepfunctions.Succeed(self, "Done"))),
        )
        self._add_batch(network)

    def _add_batch(self, network: Network) -> None:
        environment = batch.FargateComputeEnvironment(self, "Compute", vpc=network.vpc, maxv_cpus=4, spot=True)
        queue = batch.JobQueue(self, "Queue", priority=5)
        queue.add_compute_environment(environment, 1)
        batch.EcsJobDefinition(
            self,
            "Report",
            timeout=cdk.Duration.minutes(10),
            retry_attempts=2,
            container=batch.EcsFargateContainerDefinition(
                self,
                "ReportContainer",
                image=ecs.ContainerImage.from_asset(_PROGRAM),
                cpu=0.25,
                memory=cdk.Size.mebibytes(512),
                command=["python", "-c", "print('a batch')"],
            ),
        )


class Delivery(cdk.Stack):
    """A pipeline that builds what is put into a bucket."""

    def __init__(self, scope: cdk.App, name: str) -> None:
        super().__init__(scope, name)
        source = s3.Bucket(
            self, "Source", versioned=True, removal_policy=cdk.RemovalPolicy.DESTROY, auto_delete_objects=True
        )
        code, built = codepipeline.Artifact(), codepipeline.Artifact()
        project = codebuild.PipelineProject(
            self, "Build", environment=codebuild.BuildEnvironment(build_image=codebuild.LinuxBuildImage.STANDARD_7_0)
        )
        fetch = actions.S3SourceAction(action_name="Fetch", bucket=source, bucket_key="code.zip", output=code)
        build = actions.CodeBuildAction(
            action_name="Build", project=cast("codebuild.IProject", project), input=code, outputs=[built]
        )
        codepipeline.Pipeline(
            self,
            "Pipeline",
            pipeline_type=codepipeline.PipelineType.V2,
            stages=[
                codepipeline.StageProps(stage_name="Source", actions=[cast("codepipeline.IAction", fetch)]),
                codepipeline.StageProps(stage_name="Build", actions=[cast("codepipeline.IAction", build)]),
            ],
        )
