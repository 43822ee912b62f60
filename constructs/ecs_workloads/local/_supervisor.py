"""The process that starts a target, hands it sockets of the machine, and takes it along when it ends.

``python -m ecs_workloads.local._supervisor FOLDER PORT REGION MODE`` writes one line of JSON when the target is ready,
or when it could not start.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import FrameType

from ecs_workloads.local import _host_sockets, _namespaces
from ecs_workloads.local._mode import Mode
from ecs_workloads.local._state import StateFolder, TargetRecord
from ecs_workloads.local.local_error import LocalError

ACCOUNT = "000000000000"
_MESSAGE = 65536


def main() -> None:
    """Supervise one target until it ends."""
    folder, port, region, mode = StateFolder(Path(sys.argv[1])), int(sys.argv[2]), sys.argv[3], Mode(sys.argv[4])
    try:
        listener = _host_sockets.listen(port)
    except LocalError as error:
        _report({"error": str(error)})
        sys.exit(1)
    here, there = _host_sockets.pair()
    found = int(listener.getsockname()[1])
    arguments = [str(folder.path), mode, str(there.fileno()), str(listener.fileno())]
    command = [sys.executable, "-m", "ecs_workloads.local._target", *arguments]
    target = subprocess.Popen(
        _namespaces.target_command(command) if mode is Mode.NAMESPACES else command,
        env={**os.environ, **_environment(folder, found, region)},
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        pass_fds=[there.fileno(), listener.fileno()],
    )  # fmt: skip
    there.close()
    listener.close()

    def end(_number: int, _frame: FrameType | None) -> None:
        here.send(_host_sockets.line({"stop": True}))

    signal.signal(signal.SIGTERM, end)
    record = TargetRecord(pid=os.getpid(), port=found, region=region, mode=mode)
    ready = False
    while content := _receive(here):
        for message in _host_sockets.messages(content):
            if "open" in message:
                _host_sockets.answer(here, int(str(message["open"])))
                continue
            ready = ready or "ready" in message
            _report(_keep(folder, record) if "ready" in message else message)
    target.wait()
    if not ready:
        _report({"error": f"the target ended with exit code {target.returncode}; see {folder.log}"})
    sys.exit(0 if ready else 1)


def _keep(folder: StateFolder, record: TargetRecord) -> dict[str, object]:
    try:
        folder.write(record)
    except LocalError as error:
        return {"error": str(error)}
    return {"port": record.port}


def _receive(connection: socket.socket) -> bytes:
    try:
        return connection.recv(_MESSAGE)
    except ConnectionError:
        return b""


def _environment(folder: StateFolder, port: int, region: str) -> dict[str, str]:
    """Return how ministack is told to be alone on this machine."""
    return {
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": region,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "PERSIST_STATE": "0",
        "S3_PERSIST": "0",
        "LOG_LEVEL": "WARNING",
        "DOCKER_HOST": f"unix://{folder.path}/no-docker",
    }


def _report(message: dict[str, object]) -> None:
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(f"{json.dumps(message)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
