"""Values of another kind, which one rule refuses; ``tests/unit/test_argument_kinds.py`` has all arguments."""

from __future__ import annotations

from typing import Any

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
)
