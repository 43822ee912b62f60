"""The templates break the controls of AWS Security Hub that the two lists accept, and no others."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path

import pytest

from ecs_workloads.checks import SECURITY_HUB_CONTROLS, broken_controls, read_assembly
from stacks import accepted_findings
from stacks.environments import ENVIRONMENTS, Environment
from tests.stacks.assemblies import ROOT, synthesize
from tests.stacks.test_deployment import BORROWED, ISOLATED, WITH_ACCOUNT

ALL = (*ENVIRONMENTS, BORROWED, ISOLATED, WITH_ACCOUNT)


@functools.cache
def broken(environment: Environment) -> set[tuple[str, str]]:
    """Return layer and control of all that an environment breaks."""
    stacks = read_assembly(Path(synthesize(environment).directory))
    return {(one.stack_name.rsplit("-", maxsplit=1)[-1], one.control_id) for one in broken_controls(stacks)}


def of_the_library() -> set[str]:
    text = (ROOT / "constructs" / "ecs_workloads" / "accepted_findings.toml").read_text(encoding="utf-8")
    return {one["rule"] for one in tomllib.loads(text)["accepted"] if accepted_findings.SECURITY_HUB in one["packs"]}


def of_the_shop() -> set[tuple[str, str]]:
    return {(one.layer, one.rule) for one in accepted_findings.EVERY if accepted_findings.SECURITY_HUB in one.packs}


@pytest.mark.parametrize("environment", ALL, ids=lambda one: one.name)
def test_what_an_environment_breaks_is_accepted(environment: Environment) -> None:
    assert {
        (layer, control) for layer, control in broken(environment) - of_the_shop() if control not in of_the_library()
    } == set()


def test_what_is_accepted_is_broken() -> None:
    found = set[tuple[str, str]]().union(*map(broken, ALL))

    assert of_the_shop() - found == set()
    assert of_the_library() - {control for _, control in found} == set()


def test_what_is_accepted_is_a_control_that_is_checked() -> None:
    assert of_the_library() | {control for _, control in of_the_shop()} <= set(SECURITY_HUB_CONTROLS)


def test_a_protected_environment_keeps_logs_and_load_balancer() -> None:
    protected = next(one for one in ENVIRONMENTS if one.protected)

    assert not {"CloudWatch.16", "ELB.1", "ELB.6"} & {control for _, control in broken(protected)}
