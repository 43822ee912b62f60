"""An application that imports nothing of ours, deployed and destroyed by the genuine CDK command line."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.local.foreign_app import synthesize
from tests.local.project import Project, facts, wait_until

Foreign = tuple[Project, Path, dict[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Generator[Foreign]:
    """Return a project with the application, its assembly, and its services by what they are called."""
    folder = tmp_path_factory.mktemp("foreign")
    assembly = synthesize(folder / "assembly")
    project = Project(folder / "project")
    try:
        services = project.up(assembly)
        yield project, assembly, {part: _named(part, services) for part in ("Front", "Back")}
    finally:
        project.run("down")


def _named(part: str, services: list[dict[str, Any]]) -> dict[str, Any]:
    return next(service for service in services if part in service["name"])


def test_every_service_of_it_is_steady(foreign: Foreign) -> None:
    _, _, services = foreign

    assert {part: each["healthy"] for part, each in services.items()} == {"Front": 2, "Back": 1}
    assert services["Back"]["addresses"] == ["http.foreign.local:8080"]


def test_it_answers_through_its_load_balancer_and_asks_by_service_connect(foreign: Foreign) -> None:
    known = facts(foreign[2]["Front"], "/back")

    assert (known["GREETING"], known["back"]["GREETING"]) == ("Front", "Back")


def test_tasks_share_a_file_system_that_outlives_them(foreign: Foreign) -> None:
    project, _, services = foreign
    front, ecs = services["Front"], project.aws("ecs")

    written = [facts(front, "/data")["data"] for _ in range(4)][-1]
    for task in front["tasks"]:
        ecs.stop_task(cluster=front["cluster"], task=task["id"])
    wait_until(lambda: not {task["id"] for task in front["tasks"]} & _tasks(project))
    wait_until(lambda: project.run("status").returncode == 0)

    assert len(set(written["lines"])) == 2
    assert (written["owner"], written["mode"]) == ([1000, 1000] if os.geteuid() == 0 else [0, 0], "0o750")
    assert facts(front, "/data")["data"]["lines"][:4] == written["lines"]


def _tasks(project: Project) -> set[str]:
    return {task["id"] for task in _named("Front", project.services())["tasks"]}


def test_its_state_machine_runs_a_task_and_waits_for_its_end(foreign: Foreign) -> None:
    project = foreign[0]
    machines = project.aws("stepfunctions")
    machine = machines.list_state_machines()["stateMachines"][0]["stateMachineArn"]

    execution = machines.start_execution(stateMachineArn=machine)["executionArn"]
    wait_until(lambda: machines.describe_execution(executionArn=execution)["status"] != "RUNNING")

    assert machines.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"
    assert "a report for the state machine" in project.run("logs", "family:report").stdout


def test_its_schedule_is_as_the_template_says(foreign: Foreign) -> None:
    schedules = foreign[0].aws("scheduler")
    name = schedules.list_schedules()["Schedules"][0]["Name"]

    schedule = schedules.get_schedule(Name=name)

    assert schedule["ScheduleExpression"] == "cron(0 3 * * ? *)"
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Paris"
    assert schedule["Target"]["EcsParameters"]["TaskDefinitionArn"].endswith("task-definition/report:1")


def test_its_batch_queue_leads_to_its_compute_environment_and_runs_nothing(foreign: Foreign) -> None:
    batch = foreign[0].aws("batch")
    environment = batch.describe_compute_environments()["computeEnvironments"][0]
    queue = batch.describe_job_queues()["jobQueues"][0]
    definition = batch.describe_job_definitions(status="ACTIVE")["jobDefinitions"][0]

    assert (environment["computeResources"]["type"], environment["computeResources"]["maxvCpus"]) == ("FARGATE_SPOT", 4)
    assert queue["computeEnvironmentOrder"][0]["computeEnvironment"] == environment["computeEnvironmentArn"]
    assert definition["retryStrategy"] == {"attempts": 2}
    assert definition["containerProperties"]["command"] == ["python", "-c", "print('a batch')"]
    with pytest.raises(batch.exceptions.ClientException, match="runs no job; once was not submitted"):
        batch.submit_job(jobName="once", jobQueue=queue["jobQueueArn"], jobDefinition=definition["jobDefinitionArn"])


def test_its_pipeline_is_as_the_template_says_and_runs_nothing(foreign: Foreign) -> None:
    pipelines = foreign[0].aws("codepipeline")
    name = pipelines.list_pipelines()["pipelines"][0]["name"]

    pipeline = pipelines.get_pipeline(name=name)["pipeline"]

    assert [stage["name"] for stage in pipeline["stages"]] == ["Source", "Build"]
    assert pipeline["stages"][0]["actions"][0]["configuration"]["S3ObjectKey"] == "code.zip"
    with pytest.raises(pipelines.exceptions.ClientError, match="no pipeline runs here"):
        pipelines.start_pipeline_execution(name=name)


def test_its_firewall_stands_before_its_load_balancer(foreign: Foreign) -> None:
    project = foreign[0]
    balancer = project.aws("elbv2").describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]

    guard = project.aws("wafv2").get_web_acl_for_resource(ResourceArn=balancer)["WebACL"]

    assert guard["DefaultAction"] == {"Allow": {}}


def test_the_default_security_group_lets_nothing_through(foreign: Foreign) -> None:
    filters = [{"Name": "group-name", "Values": ["default"]}, {"Name": "vpc-id", "Values": [_vpc(foreign[0])]}]

    group = foreign[0].aws("ec2").describe_security_groups(Filters=filters)["SecurityGroups"][0]

    assert (group["IpPermissions"], group["IpPermissionsEgress"]) == ([], [])


def _vpc(project: Project) -> str:
    balancers = project.aws("elbv2").describe_load_balancers()["LoadBalancers"]
    return str(balancers[0]["VpcId"])


def test_diff_finds_no_differences_and_a_second_deployment_changes_nothing(foreign: Foreign) -> None:
    project, assembly, _ = foreign
    before = {task["id"] for service in project.services() for task in service["tasks"]}

    diff = project.cdk("diff", "--all", "--fail", "--app", str(assembly))
    again = project.cdk("deploy", "--all", "--require-approval", "never", "--app", str(assembly))

    assert diff.returncode == 0, diff.stdout + diff.stderr
    assert again.returncode == 0, again.stdout + again.stderr
    assert (again.stdout + again.stderr).count("(no changes)") == 4
    assert {task["id"] for service in project.services() for task in service["tasks"]} == before


def test_destroy_leaves_the_bootstrap_stack_alone(foreign: Foreign) -> None:
    project, assembly, _ = foreign
    s3 = project.aws("s3")
    bucket = next(each["Name"] for each in s3.list_buckets()["Buckets"] if "-source" in each["Name"])
    s3.put_object(Bucket=bucket, Key="code.zip", Body=b"code")

    done = project.cdk("destroy", "--all", "--force", "--concurrency", "4", "--app", str(assembly))

    assert done.returncode == 0, done.stdout + done.stderr
    stacks = project.aws("cloudformation").describe_stacks()["Stacks"]
    assert [stack["StackName"] for stack in stacks] == ["CDKToolkit"]
    assert project.services() == []
    assert not any("echo.py" in each for each in project.processes())
    assert bucket not in {each["Name"] for each in s3.list_buckets()["Buckets"]}
    assert _left(project) == {}


def _left(project: Project) -> dict[str, Any]:
    """Return what is still there of what the application made."""
    found = {
        "file systems": project.aws("efs").describe_file_systems()["FileSystems"],
        "load balancers": project.aws("elbv2").describe_load_balancers()["LoadBalancers"],
        "schedules": project.aws("scheduler").list_schedules()["Schedules"],
        "queues": project.aws("batch").describe_job_queues()["jobQueues"],
        "environments": project.aws("batch").describe_compute_environments()["computeEnvironments"],
        "pipelines": project.aws("codepipeline").list_pipelines()["pipelines"],
        "machines": project.aws("stepfunctions").list_state_machines()["stateMachines"],
        "gateways": project.aws("ec2").describe_nat_gateways()["NatGateways"],
        "networks": [each for each in project.aws("ec2").describe_vpcs()["Vpcs"] if not each["IsDefault"]],
        "clusters": project.aws("ecs").list_clusters()["clusterArns"],
        "namespaces": project.aws("servicediscovery").list_namespaces()["Namespaces"],
        "firewalls": project.aws("wafv2").list_web_acls(Scope="REGIONAL")["WebACLs"],
        "builds": project.aws("codebuild").list_projects()["projects"],
    }
    return {kind: each for kind, each in found.items() if each}
