"""Refuse to run any test while ``constructs/`` hides the PyPI package of that name."""

from pathlib import Path

import pytest

_stray = sorted(path.name for path in (Path(__file__).parent / "constructs").glob("*.py"))
if _stray:
    raise pytest.UsageError(
        f"constructs/ holds {', '.join(_stray)}: it is a source root, not a package. "
        "Move them into constructs/ecs_workloads/."
    )
