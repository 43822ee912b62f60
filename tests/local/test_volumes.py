"""Disks of EBS, and images of a registry that a folder of this machine stands for."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from aws_cdk import aws_ecs as ecs

from tests.local.echo_app import PROGRAM, add_disk, synthesize
from tests.local.project import Project, facts, wait_until


def test_each_task_gets_a_disk_of_its_own_that_goes_with_it(project: Project, tmp_path: Path) -> None:
    shutil.copytree(PROGRAM, project.folder / "images" / "echo")
    mapping = '[local.images]\n"example.com/echo:1" = "images/echo"\n'
    (project.folder / "ecs-workloads.toml").write_text(mapping, encoding="utf-8")
    image = ecs.ContainerImage.from_registry("example.com/echo:1")
    service = project.up(synthesize(tmp_path / "assembly", image=image, extra=add_disk))[0]
    disks, first = project.state / "volumes" / "ebs", service["tasks"][0]["id"]

    facts(service, "/data")
    written = facts(service, "/data")["data"]
    assert (len(written["lines"]), written["owner"], written["mode"]) == (2, [0, 0], "0o755")
    assert [each.name for each in disks.iterdir()] == [first]

    project.aws("ecs").stop_task(cluster=service["cluster"], task=first)
    wait_until(lambda: first not in json.dumps(project.services()))
    wait_until(lambda: project.run("status").returncode == 0)

    assert len(facts(service, "/data")["data"]["lines"]) == 1
    assert first not in {each.name for each in disks.iterdir()}
