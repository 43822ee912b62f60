"""Tests of `Domain`."""

from __future__ import annotations

from typing import Any

import pytest

from ecs_workloads import Domain


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"domain_name": "myexample.com", "hosted_zone_id": "Z1", "zone_name": "example.com"},
            "'myexample.com' is not inside the zone 'example.com'",
        ),
        (
            {"domain_name": "shop.example.com", "hosted_zone_id": "Z1", "zone_name": "com."},
            "zone_name must be a host name",
        ),
    ],
)
def test_refuses(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Domain(**arguments)


def test_the_zone_itself_may_be_the_name() -> None:
    Domain(domain_name="example.com", hosted_zone_id="Z1", zone_name="example.com")
