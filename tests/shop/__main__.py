"""``make shop``: the whole shop on this machine, as plain processes against an emulator of SQS and DynamoDB."""

from __future__ import annotations

import signal
import tempfile
import threading
from pathlib import Path
from types import FrameType

from tests.shop.emulator import emulator, make_orders
from tests.shop.processes import Program, running

_PAUSE_SECONDS = 0.5


def main() -> None:
    """Run the shop until Ctrl-C or SIGTERM."""
    stop = threading.Event()

    def told(_: int, __: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, told)
    folder = Path(tempfile.mkdtemp(prefix="shop-"))
    print(f"Starting the shop; its logs are in {folder}.", flush=True)
    with emulator(folder / "moto.log") as aws:
        variables = make_orders(aws).variables
        with (
            running("app", folder, variables) as app,
            running("web", folder, {"APP_URL": app.url}) as web,
            running("worker", folder, variables) as worker,
        ):
            print(f"The shop is open: {web.url}/ (Ctrl-C closes it)", flush=True)
            _wait(stop, (web, app, worker))
    print("The shop is closed.", flush=True)


def _wait(stop: threading.Event, programs: tuple[Program, ...]) -> None:
    while not stop.wait(_PAUSE_SECONDS):
        for program in programs:
            if program.process.poll() is not None:
                print(f"{program.name} ended: see {program.log}", flush=True)
                return


if __name__ == "__main__":
    main()
