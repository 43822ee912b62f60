"""The templates break the controls of AWS Security Hub that the two lists accept, and no others."""

from __future__ import annotations

import functools
from pathlib import Path

import aws_cdk as cdk
import pytest

from ecs_workloads.checks import SECURITY_HUB_CONTROLS, broken_controls, read_assembly
from stacks.accepted_findings import SECURITY_HUB
from stacks.environments import ENVIRONMENTS, Environment
from tests.compliance.foreign_app import foreign_app
from tests.compliance.places import Place, folder, of_the_library, of_the_shop, places
from tests.stacks.test_deployment import BORROWED, ISOLATED, WITH_ACCOUNT

ALL = (*ENVIRONMENTS, BORROWED, ISOLATED, WITH_ACCOUNT)


@functools.cache
def broken(environment: Environment) -> frozenset[Place]:
    """Return the controls that an environment breaks, each with its place."""
    return frozenset(
        place
        for one in broken_controls(read_assembly(folder(environment)))
        for place in places(
            environment, one.stack_name.rsplit("-", maxsplit=1)[-1], one.logical_id, one.control_id, SECURITY_HUB
        )
    )


@pytest.mark.parametrize("environment", ALL, ids=lambda one: one.name)
def test_what_an_environment_breaks_is_accepted(environment: Environment) -> None:
    assert broken(environment) - of_the_shop(SECURITY_HUB) - of_the_library(SECURITY_HUB) == set()


def test_what_is_accepted_is_broken() -> None:
    found = set[Place]().union(*map(broken, ALL))

    assert of_the_shop(SECURITY_HUB) - found == set()
    assert of_the_library(SECURITY_HUB) - found == set()


def test_what_is_accepted_is_a_control_that_is_checked() -> None:
    accepted = of_the_library(SECURITY_HUB) | of_the_shop(SECURITY_HUB)

    assert {control for _, control in accepted} <= set(SECURITY_HUB_CONTROLS)


def test_a_protected_environment_keeps_logs_and_load_balancer() -> None:
    protected = next(one for one in ENVIRONMENTS if one.protected)

    assert not {"CloudWatch.16", "ELB.1", "ELB.6"} & {control for _, control in broken(protected)}


def test_a_managed_broker_meets_the_controls_on_brokers() -> None:
    app = foreign_app()
    cdk.Tags.of(app).add("team", "shop")
    found = broken_controls(read_assembly(Path(app.synth().directory)))

    assert [one for one in found if one.resource_type == "AWS::AmazonMQ::Broker"] == []
