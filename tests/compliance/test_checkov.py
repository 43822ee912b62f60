"""checkov finds nothing in the templates but what the two lists accept, and all that they accept."""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from pathlib import Path

import pytest

from stacks import accepted_findings
from stacks.environments import ENVIRONMENTS
from tests.stacks.assemblies import ROOT, synthesize

CHECKOV = ROOT / ".venv-checkov" / "bin" / "checkov"
if not CHECKOV.exists() and "CI" not in os.environ:
    pytest.skip("no checkov: 'make checkov' installs it", allow_module_level=True)


def failed_checks(folder: Path) -> set[tuple[str, str]]:
    """Return the checks that fail, each with the type of its resource."""
    run = subprocess.run(
        [str(CHECKOV), "-d", str(folder), "--framework", "cloudformation", "--quiet", "--compact", "-o", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(run.stdout)
    assert report["summary"]["passed"] > 100, run.stderr
    assert report["summary"]["parsing_errors"] == 0
    return {(one["check_id"], one["resource"].split(".")[0]) for one in report["results"]["failed_checks"]}


def accepted() -> set[str]:
    text = (ROOT / "constructs" / "ecs_workloads" / "accepted_findings.toml").read_text(encoding="utf-8")
    of_the_library = {one["rule"] for one in tomllib.loads(text)["accepted"] if "checkov" in one["packs"]}
    return of_the_library | {one.rule for one in accepted_findings.EVERY if accepted_findings.CHECKOV in one.packs}


def test_checkov_finds_what_is_accepted_and_nothing_else() -> None:
    found = {check for one in ENVIRONMENTS for check, _ in failed_checks(Path(synthesize(one).directory))}

    assert found == accepted()


def test_a_protected_environment_breaks_only_the_rules_of_the_library() -> None:
    protected = next(one for one in ENVIRONMENTS if one.protected)

    assert failed_checks(Path(synthesize(protected).directory)) == {
        ("CKV_AWS_18", "AWS::S3::Bucket"),
        ("CKV_AWS_260", "AWS::EC2::SecurityGroup"),
    }
