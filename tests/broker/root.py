"""Root file systems with a real RabbitMQ 4.x, laid out as the official image; kept for the next run.

Run as a program, it makes them and prints their paths.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

OLDEST, NEWEST = SUITES = ("trixie", "forky")
"""Debian's releases that have RabbitMQ 4: the first, which keeps its version, and the one in the making."""
_PACKAGES = "rabbitmq-server,openssl,python3-minimal,libpython3-stdlib"
# A mirror may stand still.
_APT = 'Acquire::Check-Valid-Until "false"'
_TOOLS = ("mmdebstrap", "unshare", "nsenter", "setpriv", "mount", "ip")
# As the official image has them, with Debian's program in the place of its own.
_RECIPE = r"""
set -eu
home=$(echo /usr/lib/rabbitmq/lib/rabbitmq_server-*)
usermod --non-unique --uid 999 rabbitmq
groupmod --non-unique --gid 999 rabbitmq
ln -s "$home" /opt/rabbitmq
ln -s /usr/lib/erlang /opt/erlang
rm -rf /var/lib/rabbitmq /var/log/rabbitmq /etc/rabbitmq
mkdir -p /var/lib/rabbitmq /var/log/rabbitmq /etc/rabbitmq/conf.d
printf '[rabbitmq_prometheus].\n' > /etc/rabbitmq/enabled_plugins
printf 'loopback_users.guest = false\nlog.console = true\n' > /etc/rabbitmq/conf.d/10-defaults.conf
printf 'management_agent.disable_metrics_collector = true\n' \
    > /etc/rabbitmq/conf.d/20-management_agent.disable_metrics_collector.conf
chown -R 999:999 /var/lib/rabbitmq /var/log/rabbitmq /etc/rabbitmq
chmod 1777 /var/lib/rabbitmq /var/log/rabbitmq /etc/rabbitmq /etc/rabbitmq/conf.d
cat > /usr/local/bin/docker-entrypoint.sh <<'END'
#!/usr/bin/env bash
set -euo pipefail
for name in "${!RABBITMQ_SSL_@}" "${!RABBITMQ_MANAGEMENT_SSL_@}" RABBITMQ_DEFAULT_PASS_FILE RABBITMQ_DEFAULT_USER_FILE \
    RABBITMQ_VM_MEMORY_HIGH_WATERMARK; do
    if [ -n "${!name:-}" ]; then
        echo >&2 "error: $name is set but deprecated"
        exit 1
    fi
done
# The program becomes Erlang, which then gets the signals.
export RUNNING_UNDER_SYSTEMD=true
exec "$@"
END
chmod 755 /usr/local/bin/docker-entrypoint.sh
"""

ENVIRONMENT = {
    "PATH": "/opt/rabbitmq/sbin:/opt/erlang/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/var/lib/rabbitmq",
    "RABBITMQ_DATA_DIR": "/var/lib/rabbitmq",
    "RABBITMQ_HOME": "/opt/rabbitmq",
    "LANG": "C.UTF-8",
    "LANGUAGE": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
}
"""What the official image sets for its processes."""
ENTRY_POINT = ("docker-entrypoint.sh",)
COMMAND = ("rabbitmq-server",)
VOLUMES = ("/var/lib/rabbitmq",)
"""Paths for which the image has ``VOLUME``: a new volume there is for the image's user."""


def why_not() -> str | None:
    """Return why this machine can neither make the root nor run it; ``None`` where it can."""
    if os.geteuid() != 0:
        return "a real RabbitMQ runs in namespaces of the network, which only root may make"
    missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
    return f"a real RabbitMQ needs these programs: {', '.join(missing)}" if missing else None


@dataclass(frozen=True)
class Root:
    """A root file system, and the version of the RabbitMQ in it."""

    path: Path
    version: str


@functools.cache
def broker_root(suite: str = NEWEST) -> Root:
    """Return the root of a release of Debian, and make it where it is not there yet."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "ecs-workloads")
    recipe = hashlib.sha256(f"{suite}\n{_PACKAGES}\n{_RECIPE}".encode()).hexdigest()
    root = cache / f"rabbitmq-{suite}-{recipe[:12]}"
    if not root.exists():
        cache.mkdir(parents=True, exist_ok=True)
        # Another run may make it at the same time: the first to be ready wins.
        with tempfile.TemporaryDirectory(dir=cache, prefix="part-") as part:
            made = Path(part, "root")
            _run("mmdebstrap", "--variant=apt", f"--aptopt={_APT}", f"--include={_PACKAGES}", suite, str(made))
            _run("chroot", str(made), "sh", "-c", _RECIPE)
            made.chmod(0o755)
            with contextlib.suppress(OSError):
                made.rename(root)
            if not root.exists():
                raise RuntimeError(f"cannot make {root}")
    return Root(root, _run("chroot", str(root), "dpkg-query", "-W", "-f=${source:Upstream-Version}", "rabbitmq-server"))


def _run(*command: str) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stderr[-3000:]}")
    return done.stdout


if __name__ == "__main__":
    for one in map(broker_root, SUITES):
        sys.stdout.write(f"{one.path}: RabbitMQ {one.version}\n")
