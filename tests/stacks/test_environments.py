"""Tests of the environments as data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest

from ecs_workloads import CapacityShare, Domain, Scaling
from stacks.deployment import Deployment
from stacks.environments import DEV, ENVIRONMENTS, PROD, STAGING, ExistingListener, ExistingVpc, TierSize, select


def test_all_are_selected_unless_named() -> None:
    assert select(None) == ENVIRONMENTS


def test_names_select_in_their_order_and_once() -> None:
    assert select("prod, dev,prod") == [PROD, DEV]


def test_fails_for_an_unknown_name_with_a_suggestion() -> None:
    with pytest.raises(
        ValueError, match=r"unknown environment 'prd' \(did you mean 'prod'\?\); there are dev, staging"
    ):
        select("dev,prd")


@pytest.mark.parametrize("names", ["", " , "])
def test_fails_when_none_is_named(names: str) -> None:
    with pytest.raises(ValueError, match="environments names none; there are dev, staging, prod"):
        select(names)


def test_a_copy_is_equal() -> None:
    assert replace(PROD) == PROD
    assert replace(PROD, zones=2, nat_gateways=2) != PROD


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"zones": 1}, "zones must be 2 or 3, got 1"),
        ({"cidr": "10.0.0.0"}, "cidr must be an IPv4 network of /16 to /18, as 10.0.0.0/16, got '10.0.0.0'"),
        ({"cidr": "10.0.0.1/16"}, "cidr must be an IPv4 network"),
        ({"cidr": "10.0.0.0/15"}, "cidr must be an IPv4 network"),
        ({"cidr": "10.0.0.0/19"}, "cidr must be an IPv4 network"),
        ({"cidr": "fd00::/16"}, "cidr must be an IPv4 network"),
        ({"nat_gateways": 4}, "nat_gateways must be from 0 to zones=2, got 4"),
        ({"queue": "rabbitmq"}, "rabbitmq needs release and broker_version"),
        (
            {
                "domain": Domain(domain_name="shop.example.com"),
                "listener": ExistingListener(
                    listener_arn="arn", security_group_id="sg-1", priority=1, host_header="shop.example.com"
                ),
            },
            "the host name of a listener is its host_header",
        ),
        (
            {"vpc": ExistingVpc(vpc_id="vpc-1", private_subnet_ids=["a"], public_subnet_ids=["b", "c"])},
            "need 2 subnets of each kind",
        ),
        ({"protected": True}, "web needs a task in each of 2 zones, got 1"),
        (
            {"protected": True, "web": TierSize(scaling=Scaling(min_capacity=2, max_capacity=2))},
            "a protected environment needs an on-demand base",
        ),
        (
            {
                "protected": True,
                "web": TierSize(scaling=Scaling(min_capacity=2, max_capacity=2)),
                "capacity": (CapacityShare.fargate_spot(base=2),),
            },
            "a protected environment needs an on-demand base",
        ),
    ],
)
def test_refuses(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"environment 'dev': .*{message}"):
        replace(DEV, **changes)


@pytest.mark.parametrize("name", ["", "Dev", "my_env", "my env", "1st", "a--b", "a-", "a" * 33])
def test_a_name_must_fit_into_those_that_are_made_of_it(name: str) -> None:
    with pytest.raises(ValueError, match=f"environment '{name}': name must be up to 32 lower-case letters"):
        replace(DEV, name=name)


@pytest.mark.parametrize("zones", [2, 3])
def test_the_smallest_network_holds_the_subnets(zones: int) -> None:
    small = replace(DEV, name="a" * 32, cidr="10.0.0.0/18", zones=zones)

    Deployment(cdk.App(), "shop-small", environment=small)


def test_staging_is_prod_on_a_smaller_scale() -> None:
    assert (STAGING.queue, STAGING.release, STAGING.broker_version) == (PROD.queue, PROD.release, PROD.broker_version)
