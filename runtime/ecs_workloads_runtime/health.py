"""The container health check of a consumer: ``python -m ecs_workloads_runtime.health FILE --max-age SECONDS``."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 where the file was touched within so many seconds, else 1 and say why on stderr.

    Args:
        arguments: The arguments of the command. Defaults to those of the process.
    """
    parser = argparse.ArgumentParser(prog="python -m ecs_workloads_runtime.health", description=__doc__)
    parser.add_argument("file", type=Path, help="the health_file of the consumer")
    parser.add_argument("--max-age", type=float, required=True, metavar="SECONDS", help="oldest age that is healthy")
    options = parser.parse_args(arguments)
    file: Path = options.file
    most: float = options.max_age
    try:
        age = time.time() - file.stat().st_mtime
    except OSError as error:
        print(f"unhealthy: {error}", file=sys.stderr)  # noqa: T201 - a command says what it found
        return 1
    if age > most:
        print(f"unhealthy: {file} was touched {age:.1f} seconds ago", file=sys.stderr)  # noqa: T201 - as above
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
