"""Values of another kind, and a policy that nothing takes, each refused by one rule.

``tests/unit/test_argument_kinds.py`` has all arguments.
"""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk

from tests.unit.bad_input.row import Row

# What a context of the command line and a variable of the environment give.
_NO: Any = "false"

ROWS = (
    Row(
        "a text that says no",
        "Stack/Worker",
        "suspended must be True or False, got 'false'",
        lambda at: at.worker(suspended=_NO),
        TypeError,
    ),
    Row(
        "a snapshot of a log group",
        "Stack/Containers",
        "removal_policy must be RETAIN_ON_UPDATE_OR_DELETE, RETAIN or DESTROY, got SNAPSHOT, which",
        lambda at: at.container_cluster(removal_policy=cdk.RemovalPolicy.SNAPSHOT),
    ),
)
