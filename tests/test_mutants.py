"""The table of bad input is whole: each check of the library has one row, and each row a check."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_each_deleted_check_fails_exactly_its_row() -> None:
    """In a process of its own, since it imports the library again for each mutant."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.mutation", "checks"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
