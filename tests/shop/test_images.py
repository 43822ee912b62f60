"""Every Dockerfile is built, and what it makes runs as a user without rights on a root that it cannot write."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.shop.emulator import Orders
from tests.shop.image_builder import ImageBuilder
from tests.shop.processes import ROOT, command_of, ended_at_the_end, running, wait_until

PROGRAMS = ("app", "web", "worker")
IMAGES = (*PROGRAMS, "queue")
MISSING = [tool for tool in ("buildah", "mmdebstrap", "unshare", "nsenter") if shutil.which(tool) is None]
buildable = pytest.mark.skipif(
    "CI" not in os.environ and bool(MISSING or os.geteuid()),
    reason=f"images are built as root, with buildah and mmdebstrap; missing: {', '.join(MISSING) or 'root'}",
)


def lines_of(image: str) -> list[str]:
    return (ROOT / "images" / image / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()


@pytest.mark.parametrize("image", IMAGES)
def test_a_dockerfile_takes_its_base_from_outside_and_names_user_health_check_and_command(image: str) -> None:
    lines = lines_of(image)
    assert any(line.startswith("ARG BASE=") for line in lines)
    assert all(re.fullmatch(r"FROM \$\{BASE\}(@\$\{DIGEST\})?( AS build)?", one) for one in lines if "FROM" in one)
    assert [line for line in lines if line.startswith("USER ")] in (["USER 1000:1000"], ["USER 999:999"])
    assert any(re.match(r"HEALTHCHECK .*CMD \[", line) for line in lines)
    assert isinstance(json.loads(lines[-1].removeprefix("CMD ")), list)
    assert not re.search(r"(?i)password|secret|token|index-url", "\n".join(lines))


@pytest.mark.parametrize("image", PROGRAMS)
def test_the_tests_run_the_command_of_the_image(image: str) -> None:
    assert json.loads(lines_of(image)[-1].removeprefix("CMD "))[1:] == command_of(image)[1:]


def test_every_folder_of_images_is_tested() -> None:
    assert sorted(path.name for path in (ROOT / "images").iterdir() if path.is_dir()) == sorted(IMAGES)


@pytest.fixture(scope="module")
def builder(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ImageBuilder]:
    folder = tmp_path_factory.mktemp("images")
    made = ImageBuilder(folder)
    made.make_base(pytestconfig.cache.mkdir("debian") / "base.tar")
    yield made
    shutil.rmtree(folder)


@buildable
@pytest.mark.parametrize("image", ["app", "web"])
def test_an_image_that_serves_is_built(builder: ImageBuilder, image: str) -> None:
    configuration = builder.configuration(builder.build(image))

    assert configuration["User"] == "1000:1000"
    assert configuration["Cmd"] == ["python", "-m", f"shop_{image}"]
    assert configuration["Healthcheck"]["Test"][:2] == ["CMD", "python"]
    assert list(configuration["ExposedPorts"]) == [{"app": "8000/tcp", "web": "8080/tcp"}[image]]


@buildable
def test_the_mirror_of_the_broker_is_built_by_its_digest(builder: ImageBuilder) -> None:
    configuration = builder.configuration(builder.build("queue", arguments=[f"DIGEST={builder.base_digest()}"]))

    assert configuration["User"] == "999:999"
    assert configuration["Healthcheck"]["Test"] == ["CMD", "rabbitmq-diagnostics", "--quiet", "ping"]


@buildable
def test_the_mirror_of_the_broker_is_not_built_without_a_digest(builder: ImageBuilder) -> None:
    with pytest.raises(RuntimeError, match="invalid reference format"):
        builder.build("queue")


@buildable
def test_the_worker_s_image_works_as_a_user_without_rights_on_a_read_only_root(
    builder: ImageBuilder, orders: Orders, tmp_path: Path
) -> None:
    name = builder.build("worker")
    configuration, root, log = builder.configuration(name), builder.unpack(name), tmp_path / "worker.log"
    variables = {**dict(one.split("=", 1) for one in configuration["Env"]), **orders.variables, "WORK_SECONDS": "0"}
    mounts = (
        f"mount --bind {root} {root} && mount -o remount,bind,ro {root} && mount --rbind /dev {root}/dev && "
        f"mount -t tmpfs tmpfs {root}/tmp && exec "
    )
    enter = ["chroot", f"--userspec={configuration['User']}", str(root), "env", "-i", "--chdir=/srv"]
    enter += [f"{key}={value}" for key, value in variables.items()]
    command = ["unshare", "--mount", "sh", "-c", mounts + '"$@"', "sh", *enter, *configuration["Cmd"]]
    with (
        running("app", tmp_path, orders.variables) as app,
        log.open("wb") as output,
        subprocess.Popen(command, stdout=output, stderr=output) as process,
        ended_at_the_end(process),
    ):
        order_id = httpx.post(f"{app.url}/api/orders", json={"article": "tea"}).json()["id"]
        wait_until(
            lambda: orders.states()[order_id] == "done" or process.poll() is not None, f"the order is done; see {log}"
        )
        assert process.poll() is None, log.read_text(encoding="utf-8")
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
        mounted = Path(f"/proc/{process.pid}/mountinfo").read_text(encoding="utf-8")
        same_mounts = ["nsenter", "--mount", "--target", str(process.pid)]
        healthy = subprocess.run([*same_mounts, *enter, *configuration["Healthcheck"]["Test"][1:]], check=False)
        process.send_signal(signal.SIGTERM)
        ended = process.wait(60)

    [options] = [line.split()[5] for line in mounted.splitlines() if line.split()[4] == "/"]
    assert "ro" in options.split(",")
    assert re.search(r"Uid:\t1000\t1000\t1000\t1000\nGid:\t1000\t1000\t1000\t1000\n", status)
    assert healthy.returncode == 0
    assert ended == 0
