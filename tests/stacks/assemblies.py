"""The environments, synthesised in this process with the feature flags of ``cdk.json``."""

from __future__ import annotations

import functools
import json
import tempfile
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import cx_api

from stacks.deployment import Deployment
from stacks.environments import APPLICATION, Environment

ROOT = Path(__file__).resolve().parents[2]


def feature_flags() -> dict[str, Any]:
    """Return the context of ``cdk.json``."""
    return dict(json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"])


def synthesize(environment: Environment) -> cx_api.CloudAssembly:
    """Synthesise one environment."""
    app = cdk.App(context=feature_flags(), outdir=tempfile.mkdtemp(), analytics_reporting=False)
    deployment = Deployment(app, f"{APPLICATION}-{environment.name}", environment=environment)
    return deployment.synth()


@functools.cache
def templates(environment: Environment) -> dict[str, dict[str, Any]]:
    """Return the template of each stack of one environment, by the stack's short name."""
    return {
        stack.display_name.rsplit("/", maxsplit=1)[-1].split(" ")[0]: dict(stack.template)
        for stack in synthesize(environment).stacks
    }
