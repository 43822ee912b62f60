"""The folder ``constructs/`` and the package ``constructs`` keep out of each other's way."""

from __future__ import annotations

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
