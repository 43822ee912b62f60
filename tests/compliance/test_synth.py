"""The genuine CLI synthesises all environments, with CloudFormation's own rules as errors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stacks.environments import ENVIRONMENTS
from tests.stacks.assemblies import ROOT, feature_flags, synthesize
from tests.stacks.test_deployment import BORROWED, ISOLATED, WITH_ACCOUNT

CDK = ROOT / "node_modules" / ".bin" / "cdk"
if not CDK.exists() and "CI" not in os.environ:
    pytest.skip("no CDK CLI: run 'make test', which installs it", allow_module_level=True)


def cdk(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "CDK_VALIDATION"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    environment["CDK_DISABLE_CLI_TELEMETRY"] = "1"
    command = [str(CDK), *arguments, "--no-notices", "--no-version-reporting"]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("assembly")
    run = cdk("synth", "**", "--quiet", "--output", str(folder))
    assert run.returncode == 0, run.stderr
    return folder


def test_cloudformation_s_own_rules_find_nothing(assembly: Path) -> None:
    report = json.loads((assembly / "validation-report.json").read_text(encoding="utf-8"))
    assert [one for plugin in report["pluginReports"] for one in plugin["violations"]] == []


def test_all_environments_are_there_and_nothing_is_missing(assembly: Path) -> None:
    stages = sorted(assembly.glob("assembly-*"))
    assert [stage.name for stage in stages] == sorted(f"assembly-shop-{one.name}" for one in ENVIRONMENTS)
    for folder in (assembly, *stages):
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        assert "missing" not in manifest


def lint(*folders: Path) -> list[str]:
    files = [str(file) for folder in folders for file in sorted(folder.rglob("*.template.json"))]
    assert files
    command = [str(Path(sys.executable).parent / "cfn-lint"), "--format", "json", *files]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    return [f"{one['Filename']}: {one['Rule']['Id']} {one['Message']}" for one in json.loads(run.stdout)]


def test_cfn_lint_finds_nothing(assembly: Path) -> None:
    others = [Path(synthesize(one).directory) for one in (BORROWED, ISOLATED, WITH_ACCOUNT)]
    assert lint(assembly, *others) == []


def test_both_would_find_something(tmp_path: Path) -> None:
    """The two tests above can fail: neither a queue nor a log group knows such a time."""
    (tmp_path / "app.py").write_text(
        "import aws_cdk as cdk\n"
        "from aws_cdk import aws_logs as logs, aws_sqs as sqs\n"
        "app = cdk.App()\n"
        'stack = cdk.Stack(app, "Bad")\n'
        'sqs.CfnQueue(stack, "Queue", visibility_timeout=99999)\n'
        'logs.CfnLogGroup(stack, "LogGroup", retention_in_days=17)\n'
        "app.synth()\n",
        encoding="utf-8",
    )
    (tmp_path / "cdk.json").write_text(
        json.dumps({"app": "python app.py", "context": feature_flags()}), encoding="utf-8"
    )

    run = cdk("synth", "**", "--quiet", cwd=tmp_path)

    assert run.returncode != 0
    assert "VisibilityTimeout" in run.stdout + run.stderr
    assert "E3030" in str(lint(tmp_path / "cdk.out"))


def test_some_environments_can_be_named(tmp_path: Path) -> None:
    run = cdk("synth", "**", "--quiet", "--output", str(tmp_path), "-c", "environments=dev,staging")
    assert run.returncode == 0, run.stderr
    assert sorted(stage.name for stage in tmp_path.glob("assembly-*")) == ["assembly-shop-dev", "assembly-shop-staging"]


def test_an_unknown_environment_gets_a_suggestion(tmp_path: Path) -> None:
    run = cdk("synth", "**", "--quiet", "--output", str(tmp_path), "-c", "environments=prd")
    assert run.returncode != 0
    assert "unknown environment 'prd' (did you mean 'prod'?)" in run.stdout + run.stderr
    assert "Traceback" not in run.stderr
