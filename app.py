"""Entry point of ``cdk``: one deployment for each environment, nothing else."""

import sys

import aws_cdk as cdk

from stacks import environments
from stacks.deployment import Deployment

app = cdk.App()
try:
    selected = environments.select(app.node.try_get_context("environments"))
except ValueError as error:
    sys.exit(f"-c environments: {error}")
for environment in selected:
    Deployment(app, f"{environments.APPLICATION}-{environment.name}", environment=environment)
app.synth()
