"""The machine that measures."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version

import psutil


def describe_machine() -> str:
    """Return what matters of this machine, in one line."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{platform.system()} {platform.machine()} with {os.cpu_count()} processors and {memory:.0f} GiB, "
        f"Python {platform.python_version()}, aws-cdk-lib {version('aws-cdk-lib')}, jsii {version('jsii')}"
    )
