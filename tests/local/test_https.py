"""Listeners for HTTPS, and redirects to them."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import httpx

from tests.local.echo_app import add_https, synthesize
from tests.local.project import Project


def test_a_redirect_ends_at_the_listener_for_https(project: Project, tmp_path: Path) -> None:
    project.up(synthesize(tmp_path / "assembly", extra=add_https))
    with urllib.request.urlopen(f"http://127.0.0.1:{project.port}/_ecs-workloads/entries") as answer:
        addresses = {entry["port"]: entry["address"] for entry in json.load(answer)}

    found = httpx.get(f"{addresses[81]}/path?a=b", follow_redirects=True, verify=False)  # noqa: S501 - nobody knows it

    assert found.text == "safe"
    assert str(found.url) == f"{addresses[443]}/path?a=b"
    assert addresses[443].startswith("https://127.0.0.1:")
