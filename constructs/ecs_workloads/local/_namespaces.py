"""The command lines that put a process into namespaces, by the programs of util-linux."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ecs_workloads.local.local_error import LocalError

_PROGRAMS = ("unshare", "nsenter", "mount")
_SANDBOX = Path(__file__).with_name("_sandbox.py")


def interpreter_folder() -> Path:
    """Return the folder of the Python that runs this, outside any virtual environment."""
    return Path(sys.base_prefix)


def target_command(command: Sequence[str]) -> list[str]:
    """Return the command that runs ``command`` with network, mounts and process numbers of its own.

    When it ends, however it ends, the kernel ends every process that it started.
    """
    return ["unshare", *_as_root(), "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", *command]


def sandbox_command(network: str | None = None) -> list[str]:
    """Return the command that reads a ``Sandbox`` from its standard input and runs it.

    Args:
        network: Path of the network namespace to join. ``None`` keeps the caller's.
    """
    join = [] if network is None else ["nsenter", f"--net={network}", "--"]
    alone = ["unshare", *_as_root(), "--mount", "--uts", "--pid", "--fork", "--kill-child"]
    base = Path(sys.base_prefix, "bin", f"python{sys.version_info.major}.{sys.version_info.minor}")
    return [*join, *alone, str(base), "-I", "-S", str(_SANDBOX)]


def _as_root() -> list[str]:
    return [] if os.geteuid() == 0 else ["--user", "--map-root-user"]


def check() -> None:
    """See that this machine lets us have namespaces.

    Raises:
        LocalError: It is not Linux, a program is missing, or the kernel refuses.
    """
    if sys.platform != "linux":
        raise LocalError(f"the local target runs tasks in Linux namespaces, this machine is {sys.platform}")
    for program in _PROGRAMS:
        if shutil.which(program) is None:
            raise LocalError(f"the program {program} is missing; it is in the package util-linux")
    tried = subprocess.run(target_command(["true"]), check=False, capture_output=True, text=True)
    if tried.returncode != 0:
        raise LocalError(
            f"no permission for namespaces ({tried.stderr.strip()}); be root, or allow user namespaces: "
            "sysctl kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000"
        )


def may_be_another_user() -> bool:
    """Return whether a process of ours may run as a user other than ours: not in a user namespace of one user."""
    users = Path("/proc/self/uid_map").read_text(encoding="ascii").split()
    return int(users[2]) > 1
