"""Tests of `WritablePath`."""

from __future__ import annotations

from ecs_workloads import WritablePath


def test_it_has_64_mebibytes() -> None:
    assert WritablePath(container_path="/cache").size_mib == 64
