"""Entry point of ``cdk``: one deployment for each environment, held against six policy packs."""

import sys

import aws_cdk as cdk

from stacks import environments, policies
from stacks.deployment import Deployment

app = cdk.App()
try:
    selected = environments.select(app.node.try_get_context("environments"))
except ValueError as error:
    sys.exit(f"-c environments: {error}")
for environment in selected:
    Deployment(app, f"{environments.APPLICATION}-{environment.name}", environment=environment)
cdk.Validations.of(app).add_plugins(*policies.packs(app))
app.synth()
