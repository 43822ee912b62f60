"""What a container of a broker sees. Run as a program, alone, by a Python of this machine, in fresh namespaces.

It reads its orders as JSON from standard input, mounts, and becomes the command: process 1, unless it has an init.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)


def _mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], check=False, capture_output=True, text=True)  # noqa: S607
    if done.returncode:
        sys.exit(f"cannot mount {' '.join(arguments)}: {done.stderr.strip()}")


def _make_root(orders: dict[str, Any]) -> Path:
    staging = Path(orders["staging"])
    _mount("--make-rprivate", "/")
    _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", str(staging))
    for name in ("upper", "work", "root"):
        (staging / name).mkdir(mode=0o755)
    root = staging / "root"
    layers = f"lowerdir={orders['image']},upperdir={staging / 'upper'},workdir={staging / 'work'}"
    _mount("-t", "overlay", "-o", layers, "overlay", str(root))
    for name in ("dev", "sys"):
        _mount("--rbind", f"/{name}", str(root / name))
    _mount("-t", "proc", "proc", str(root / "proc"))
    for path, options in orders["temporary"].items():
        where = root / path.lstrip("/")
        where.mkdir(parents=True, exist_ok=True)
        _mount("-t", "tmpfs", "-o", options, "tmpfs", str(where))
    for source, path, read_only in orders["folders"]:
        where = root / path.lstrip("/")
        where.mkdir(parents=True, exist_ok=True)
        _mount("--bind", source, str(where))
        if read_only:
            _mount("-o", "remount,bind,ro", str(where))
    for source, path in orders["files"]:
        where = root / path.lstrip("/")
        where.unlink(missing_ok=True)
        where.touch()
        _mount("--bind", source, str(where))
    if orders["read_only"]:
        _mount("-o", "remount,ro", str(root))
    return root


def _become(orders: dict[str, Any]) -> None:
    # Where this machine is a container itself, it may have less to give.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    for soft, hard in orders["open_files"]:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, most), min(hard, most)))
    user, group = orders["user"]
    os.setgroups([])
    os.setgid(group)
    os.setuid(user)
    os.execvpe(orders["command"][0], orders["command"], orders["environment"])  # noqa: S606


def _be_init(child: int) -> None:
    """Pass signals on, reap, and end as the command ends."""
    for number in _FORWARDED:
        signal.signal(number, lambda received, _: os.kill(child, received))
    while True:
        ended, status = os.wait()
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            sys.exit(code if code >= 0 else 128 - code)


def main() -> None:
    """Do it."""
    orders = json.loads(sys.stdin.buffer.read())
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    os.umask(0o022)
    socket.sethostname(orders["host_name"])
    os.chroot(_make_root(orders))
    os.chdir("/")
    child = os.fork() if orders["init"] else 0
    if child:
        _be_init(child)
    _become(orders)


if __name__ == "__main__":
    main()
