"""Runs one command and ends all that it started when the target ends.

This file is run as a program, alone: it imports nothing but the standard library. The first line of its standard input
says what to run; the end of its standard input means that the target is gone.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import sys
import threading
from pathlib import Path

_SET_CHILD_SUBREAPER = 36  # of prctl(2): orphans of what we start become our children
_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)


def main() -> None:
    """Run what standard input says, and exit with its exit code."""
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    words, variables, folder = json.loads(sys.stdin.buffer.readline())
    child = os.fork()
    if child == 0:
        _become(words, variables, folder)
    for number in _FORWARDED:
        signal.signal(number, lambda received, _frame: os.kill(child, received))
    threading.Thread(target=_end_with_the_target, daemon=True).start()
    while True:
        ended, status = os.wait()
        if ended == child:
            _kill_children()
            code = os.waitstatus_to_exitcode(status)
            os._exit(code if code >= 0 else 128 - code)


def _become(words: list[str], variables: dict[str, str], folder: str) -> None:
    try:
        os.setsid()
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        os.umask(0o022)
        os.chdir(folder)
        os.execvpe(words[0], words, variables)  # noqa: S606 - it is what runs
    except OSError as error:
        sys.stderr.write(f"cannot run {words[0]} in {folder}: {error.strerror}\n")
        sys.stderr.flush()
        os._exit(127)


def _end_with_the_target() -> None:
    while sys.stdin.buffer.read(1):
        pass
    _kill_children()
    os._exit(128 + signal.SIGKILL)


def _kill_children() -> None:
    """Kill until none is left: what a killed one started becomes a child of ours."""
    while children := Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text(encoding="ascii").split():
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(int(child), 0)


if __name__ == "__main__":
    main()
