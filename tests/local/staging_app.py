"""Run by ``cdk``: the staging environment of the shop without its domain, whose hosted zone is an account's of AWS."""

from __future__ import annotations

from dataclasses import replace

import aws_cdk as cdk

from stacks.deployment import Deployment
from stacks.environments import STAGING

app = cdk.App()
Deployment(app, "shop-staging", environment=replace(STAGING, domain=None))
app.synth()
