"""The policy packs against which every environment is held."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
import cdk_nag


def packs(app: cdk.App) -> Sequence[cdk_nag.NagPack]:
    """Return all packs of cdk-nag, as plugins of the validation of ``app``."""
    return [
        cdk_nag.AwsSolutionsChecks(app),
        cdk_nag.HIPAASecurityChecks(app),
        cdk_nag.NIST80053R4Checks(app),
        cdk_nag.NIST80053R5Checks(app),
        cdk_nag.PCIDSS321Checks(app),
        cdk_nag.ServerlessChecks(app),
    ]
