"""checkov finds nothing in the templates but what the two lists accept, and all that they accept."""

from __future__ import annotations

import functools
import json
import os
import subprocess
from pathlib import Path

import pytest

from stacks.accepted_findings import CHECKOV
from stacks.environments import ENVIRONMENTS, Environment
from tests.compliance.places import Place, folder, of_the_library, of_the_shop, places, stacks
from tests.stacks.assemblies import ROOT

PROGRAM = ROOT / ".venv-checkov" / "bin" / "checkov"
if not PROGRAM.exists() and "CI" not in os.environ:
    pytest.skip("no checkov: 'make checkov' installs it", allow_module_level=True)


@functools.cache
def failed_checks(environment: Environment) -> frozenset[Place]:
    """Return the checks that fail, each with its place."""
    run = subprocess.run(
        [
            *(str(PROGRAM), "-d", str(folder(environment)), "--framework", "cloudformation"),
            *("--quiet", "--compact", "-o", "json"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(run.stdout)
    assert report["summary"]["passed"] > 100, run.stderr
    assert report["summary"]["parsing_errors"] == 0
    return frozenset(
        place
        for one in report["results"]["failed_checks"]
        for place in places(
            environment,
            layer_of(environment, one["file_path"]),
            one["resource"].split(".")[1],
            one["check_id"],
            CHECKOV,
        )
    )


def layer_of(environment: Environment, file: str) -> str:
    """Return the layer of which a file is the template."""
    template = json.loads((folder(environment) / Path(file).name).read_text(encoding="utf-8"))
    return next(layer for layer, stack in stacks(environment).items() if stack.template == template)


def test_checkov_finds_what_is_accepted_and_nothing_else() -> None:
    found = set[Place]().union(*map(failed_checks, ENVIRONMENTS))

    assert found == of_the_library(CHECKOV) | of_the_shop(CHECKOV)


def test_a_protected_environment_breaks_only_the_rules_of_the_library() -> None:
    protected = next(one for one in ENVIRONMENTS if one.protected)

    assert failed_checks(protected) == of_the_library(CHECKOV)
