"""The wheel holds the runtime alone, with its types and its licence."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

from tests.runtime.programs import RUNTIME


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(RUNTIME)]
    subprocess.run(command, check=True, capture_output=True)
    [file] = folder.glob("*.whl")
    return zipfile.ZipFile(file)


def test_it_holds_the_runtime_alone(wheel: zipfile.ZipFile) -> None:
    package = RUNTIME / "ecs_workloads_runtime"
    expected = {
        str(file.relative_to(RUNTIME))
        for file in package.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert {name for name in wheel.namelist() if ".dist-info/" not in name} == expected
    assert {"ecs_workloads_runtime/py.typed", "ecs_workloads_runtime/__init__.pyi"} <= expected


def test_it_has_the_licence_of_the_repository(wheel: zipfile.ZipFile) -> None:
    [name] = [name for name in wheel.namelist() if name.endswith("/LICENSE")]
    assert wheel.read(name) == (RUNTIME.parent / "LICENSE").read_bytes()


def test_its_metadata_names_what_it_needs(wheel: zipfile.ZipFile) -> None:
    [name] = [name for name in wheel.namelist() if name.endswith("/METADATA")]
    metadata = HeaderParser().parsestr(wheel.read(name).decode())
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "Apache-2.0"
    required = metadata.get_all("Requires-Dist") or []
    assert {re.split(r"[<>=]", line)[0] for line in required if "extra ==" not in line} == {
        "boto3",
        "lazy-loader",
        "pika",
        "structlog",
        "tenacity",
    }
    assert {re.split(r"[<>=]", line)[0] for line in required if "extra ==" in line} == {
        "h11",
        "starlette",
        "uvicorn",
    }


def test_it_runs_from_the_wheel(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    code = (
        "import ecs_workloads_runtime as r, ecs_workloads_runtime.http_server as h\n"
        "print(r.__file__, *(getattr(r, name).__name__ for name in r.__all__), h.HttpServer.__name__)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stdout.startswith(str(tmp_path))
    assert ended.stdout.split()[-1] == "HttpServer"
