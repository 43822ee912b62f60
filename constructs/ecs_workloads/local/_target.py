"""The target itself, in namespaces of its own: ministack, our additions, and the tasks."""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import signal
import socket
import sys
from pathlib import Path

from ecs_workloads.local import _self_check
from ecs_workloads.local._host_sockets import Supervisor
from ecs_workloads.local._mode import Mode
from ecs_workloads.local._state import StateFolder
from ecs_workloads.local.local_error import LocalError


def main() -> None:
    """Run until the supervisor says stop."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    folder, mode = StateFolder(Path(sys.argv[1])), Mode(sys.argv[2])
    connection, listener = socket.socket(fileno=int(sys.argv[3])), int(sys.argv[4])
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    def end() -> None:
        loop.call_soon_threadsafe(stop.set)

    supervisor = Supervisor(connection, end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.register(signal.SIGUSR1)  # says where every thread is, in the log
    try:
        _self_check.check()
    except LocalError as error:
        supervisor.say(error=str(error))
        sys.exit(1)
    # They import ministack, which the check just looked at.
    from ecs_workloads.local._running_target import RunningTarget  # noqa: PLC0415

    loop.run_until_complete(RunningTarget(folder, mode, supervisor).run(listener, stop))


if __name__ == "__main__":
    main()
