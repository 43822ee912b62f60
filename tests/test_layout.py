"""The folder ``constructs/`` and the package ``constructs`` keep out of each other's way."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import constructs
import yaml

import ecs_workloads

ROOT = Path(__file__).resolve().parents[1]


def test_constructs_is_the_package_from_pypi() -> None:
    assert "site-packages" in str(constructs.__file__)


def test_the_library_is_imported_from_its_source() -> None:
    assert Path(str(ecs_workloads.__file__)).parent == ROOT / "constructs" / "ecs_workloads"


def test_the_source_root_holds_no_python_file() -> None:
    assert list((ROOT / "constructs").glob("*.py")) == []


def test_pytest_refuses_a_source_root_that_became_a_package(tmp_path: Path) -> None:
    (tmp_path / "constructs").mkdir()
    (tmp_path / "constructs" / "__init__.py").touch()
    (tmp_path / "conftest.py").write_text((ROOT / "conftest.py").read_text(encoding="utf-8"), encoding="utf-8")

    run = subprocess.run([sys.executable, "-m", "pytest"], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert run.returncode == 4
    assert "constructs/ holds __init__.py: it is a source root, not a package" in run.stderr


def test_the_workflow_runs_what_decides_whether_a_change_lands() -> None:
    """Under ``CI`` no test is skipped, and ``.ci/run`` alone installs all that they need: checkov, RabbitMQ, tools."""
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8"))["jobs"].values()
    commands = [step["run"] for job in jobs for step in job["steps"] if "run" in step]

    assert ".ci/run" in commands
    assert not {"make test", "make"} & set(commands)


def test_checks_and_command_line_start_no_node() -> None:
    code = "import sys, ecs_workloads.cli; sys.exit('jsii' in sys.modules or 'aws_cdk' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_two_processes_share_no_file() -> None:
    """Each would make the fixtures of the other again: whole environments, and images in one place."""
    [command] = [
        line for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines() if "--numprocesses" in line
    ]
    options = ["-v", "-p", "no:cacheprovider", *command.split("-m pytest")[1].split()]
    files = ["tests/unit/test_domain.py", "tests/unit/test_scaling.py", "tests/unit/test_container.py"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *files], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout

    ran = re.findall(r"^\[(gw\d)\] \[ *\d+%\] PASSED (\S+?)::", run.stdout, flags=re.MULTILINE)
    processes = {file: {process for process, other in ran if other == file} for file in files}
    assert {len(one) for one in processes.values()} == {1}
    assert len({process for process, _ in ran}) == 2
