"""What a process in a namespace of its own sees: the root of its image, laid over the programs of this machine.

This file is run as a program, alone, in fresh mount and PID namespaces: it imports nothing but the standard library.
It reads one ``Sandbox`` as JSON from its standard input, builds the root, and becomes the command.
"""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

# Folders of this machine that hold its programs and libraries. Nothing else of it is seen from inside.
MACHINE_FOLDERS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr", "etc")
_EMPTY_FOLDERS = ("proc", "dev", "tmp", "run", "var/tmp", "root", "home", "mnt")
_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
CANNOT_START = 125
"""Exit code when the root or the user could not be set up, as Docker says it."""


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """How one command is run.

    Args:
        staging: Empty folder in which the root is put together.
        image: Folder with the files of the image.
        whole: Whether they are a whole system, and nothing of this machine is seen.
        host_name: Name of the host, as the command sees it. Empty for that of this machine.
        interpreter: Folder of the Python that the image's virtual environments point to.
        command: Command and arguments.
        environment: Variables; the command sees no other.
        working_directory: Where the command starts.
        user: Number of the user, and of the group. ``None`` keeps those of the caller.
        read_only: Whether the root cannot be written.
        build: Whether what is written goes into ``image`` itself, except into folders of this machine.
        temporary: Writable paths in memory, each with mount options such as ``size=64m``.
        volumes: Folders of this machine, each with the path where it is seen, and whether it is read-only.
        files: Files of this machine and the path where each is seen.
        init: Whether an init process passes signals on and reaps orphans.
    """

    staging: str
    image: str
    interpreter: str
    command: Sequence[str]
    environment: dict[str, str]
    whole: bool = False
    host_name: str = ""
    working_directory: str = "/"
    user: tuple[int, int] | None = None
    read_only: bool = False
    build: bool = False
    temporary: dict[str, str] = field(default_factory=dict[str, str])
    volumes: Sequence[tuple[str, str, bool]] = ()
    files: Sequence[tuple[str, str]] = ()
    init: bool = True

    def to_json(self) -> str:
        """Return what ``main`` reads."""
        return json.dumps(dataclasses.asdict(self))


def _mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"cannot mount {' '.join(arguments)}: {done.stderr.strip()}")


def _build_root(sandbox: Sandbox) -> Path:
    staging, image = Path(sandbox.staging), Path(sandbox.image)
    _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", str(staging))
    root = staging / "root"
    for name in ("root", "empty", "written", "work"):
        (staging / name).mkdir()
    if sandbox.whole:
        _lay_all(image, root, staging)
    else:
        _lay_over_machine(sandbox, image, root, staging)
    _mount("--rbind", "/dev", str(root / "dev"))
    _mount("-t", "proc", "proc", str(root / "proc"))
    return root


def _lay_all(image: Path, root: Path, staging: Path) -> None:
    options = f"lowerdir={image},upperdir={staging / 'written'},workdir={staging / 'work'}"
    _mount("-t", "overlay", "-o", options, "overlay", str(root))
    for name in ("proc", "dev"):
        (root / name).mkdir(exist_ok=True)


def _lay_over_machine(sandbox: Sandbox, image: Path, root: Path, staging: Path) -> None:
    for name in _EMPTY_FOLDERS:
        (root / name).mkdir(parents=True)
    (root / "tmp").chmod(0o1777)
    (root / "var/tmp").chmod(0o1777)
    image_folders = {path.name for path in image.iterdir()}
    for name in sorted({*image_folders, *MACHINE_FOLDERS}):
        machine = Path("/", name)
        if name in MACHINE_FOLDERS and machine.is_symlink():
            (root / name).symlink_to(machine.readlink())
            continue
        lower = [image / name] if name in image_folders else []
        if name in MACHINE_FOLDERS and machine.is_dir():
            lower.append(machine)
        if lower:
            _lay(sandbox, name, lower, root / name, staging)
    interpreter = Path(sandbox.interpreter)
    if interpreter.parts[1] not in MACHINE_FOLDERS:
        _bind(interpreter, root / interpreter.relative_to("/"))


def _lay(sandbox: Sandbox, name: str, lower: Sequence[Path], where: Path, staging: Path) -> None:
    """Show the folders ``lower`` at ``where``, the first of them on top."""
    if lower[0].is_file():
        where.write_bytes(lower[0].read_bytes())
        return
    where.mkdir(exist_ok=True)
    if sandbox.build and name not in MACHINE_FOLDERS:
        _bind(lower[0], where)
        return
    options = "lowerdir=" + ":".join(str(path) for path in (*lower, staging / "empty"))
    if not (sandbox.read_only or sandbox.build):
        for folder in ("written", "work"):
            (staging / folder / name).mkdir()
        options += f",upperdir={staging / 'written' / name},workdir={staging / 'work' / name}"
        (staging / "written" / name).chmod(lower[0].stat().st_mode & 0o7777)
    _mount("-t", "overlay", "-o", options, "overlay", str(where))


def _bind(source: Path, where: Path) -> None:
    where.mkdir(parents=True, exist_ok=True)
    _mount("--bind", str(source), str(where))


def _add_mounts(sandbox: Sandbox, root: Path) -> None:
    for path, options in sandbox.temporary.items():
        where = root / path.lstrip("/")
        where.mkdir(parents=True, exist_ok=True)
        _mount("-t", "tmpfs", "-o", options, "tmpfs", str(where))
    for source, path, read_only in sandbox.volumes:
        where = root / path.lstrip("/")
        _bind(Path(source), where)
        if read_only:
            _mount("-o", "remount,bind,ro", str(where))
    for source, path in sandbox.files:
        where = root / path.lstrip("/")
        if where.is_symlink():  # as /etc/resolv.conf often is; its end must be inside
            where = root / os.path.normpath(Path(path).parent / where.readlink()).lstrip("/")
        if not where.exists():
            where.parent.mkdir(parents=True, exist_ok=True)
            where.touch()
        _mount("--bind", source, str(where))
    if sandbox.read_only:
        _mount("-o", "remount,bind,ro", str(root if sandbox.whole else root.parent))


def _become(sandbox: Sandbox, root: Path) -> None:
    """Enter the root as the user, and be the command. Returns only by an exception."""
    os.chroot(root)
    os.chdir(sandbox.working_directory)
    if sandbox.user is not None:
        user, group = sandbox.user
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    os.execvpe(sandbox.command[0], list(sandbox.command), sandbox.environment)  # noqa: S606 - it is what runs


def _run_below(sandbox: Sandbox, root: Path) -> int:
    """Be the init process: start the command, pass signals on, reap, and return the command's exit code."""
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            _become(sandbox, root)
        except OSError as error:
            _complain(sandbox, error)
        os._exit(127)
    for number in _FORWARDED:
        signal.signal(number, lambda received, _frame: os.kill(child, received))
    while True:
        ended, status = os.wait()
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _complain(sandbox: Sandbox, error: OSError) -> None:
    sys.stderr.write(f"cannot run {sandbox.command[0]} in {sandbox.working_directory}: {error.strerror}\n")
    sys.stderr.flush()


def main() -> None:
    """Read a sandbox from standard input and become its command."""
    sandbox = Sandbox(**json.loads(sys.stdin.buffer.read()))
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    os.umask(0o022)
    if sandbox.host_name:
        socket.sethostname(sandbox.host_name)
    root = _build_root(sandbox)
    _add_mounts(sandbox, root)
    if sandbox.init:
        sys.exit(_run_below(sandbox, root))
    try:
        _become(sandbox, root)
    except OSError as error:
        _complain(sandbox, error)
    sys.exit(127)


if __name__ == "__main__":
    main()
