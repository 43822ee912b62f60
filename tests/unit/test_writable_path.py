"""Tests of `WritablePath`."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest

from ecs_workloads import WritablePath


def test_it_has_64_mebibytes() -> None:
    assert WritablePath(container_path="/cache").size_mib == 64


def test_a_size_known_only_at_deployment_passes() -> None:
    size: Any = cdk.Token.as_number(cdk.Fn.ref("Size"))

    assert WritablePath(container_path="/cache", size_mib=size).size_mib == size


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"container_path": "cache"}, "container_path must be an absolute path, got 'cache'"),
        ({"container_path": "/cache", "size_mib": 0}, "size_mib must be from 1 to 122880, got 0"),
        ({"container_path": "/cache", "size_mib": 122_881}, "size_mib must be from 1 to 122880, got 122881"),
    ],
)
def test_refuses(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"WritablePath: {message}"):
        WritablePath(**arguments)
