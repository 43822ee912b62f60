"""The test file that ``docs/testing.md`` gives away is run as a user runs it: installed, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, files

FILES = files(ROOT / "docs" / "testing.md")
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(installed: Path, tmp_path: Path) -> Run:
    """Return a call of pytest in a folder that holds the files of the page, and nothing of this repository."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    environment = {
        name: value for name, value in os.environ.items() if name not in ("CDK_VALIDATION", "PYTEST_ADDOPTS")
    }
    environment["PYTHONPATH"] = str(installed)

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    return call


def change(tmp_path: Path, old: str, new: str) -> None:
    text = (tmp_path / "shop.py").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "shop.py").write_text(text.replace(old, new), encoding="utf-8")


def deploy(run: Run, tmp_path: Path) -> None:
    """Keep the assembly of the app as it is, as a main branch would."""
    (tmp_path / "cdk.json").write_text(json.dumps({"context": {"@aws-cdk/core:enableStackNameDuplicates": True}}))
    (tmp_path / "keep.py").write_text(
        "import aws_cdk as cdk\nfrom shop import shop\n\n\ndef test_it():\n"
        '    app = cdk.App(outdir="cdk.out.main")\n    shop(app)\n    app.synth()\n',
        encoding="utf-8",
    )
    assert run("keep.py").returncode == 0


def test_it_passes_after_the_snapshot_is_written(run: Run) -> None:
    first = run("--snapshot-update")
    assert "5 passed, 1 skipped" in first.stdout, first.stdout + first.stderr
    second = run()
    assert "5 passed, 1 skipped" in second.stdout, second.stdout + second.stderr
    assert "1 snapshot passed" in second.stdout


def test_a_changed_template_is_shown_by_its_resource(run: Run, tmp_path: Path) -> None:
    run("--snapshot-update")
    change(tmp_path, "timedelta(minutes=2)", "timedelta(minutes=4)")

    changed = run("-k", "reviewed")

    assert changed.returncode == 1
    shown = [line for line in changed.stdout.splitlines() if "(AWS::" in line or "VisibilityTimeout" in line]
    assert [line.removeprefix("E").strip().split("Orders")[0] for line in shown[:3]] == [
        "Resources /",
        '-    "VisibilityTimeout": 180',
        '+    "VisibilityTimeout": 360',
    ]


def test_an_update_that_loses_nothing_passes(run: Run, tmp_path: Path) -> None:
    deploy(run, tmp_path)
    change(tmp_path, "max_capacity=10", "max_capacity=20")
    passed = run("-k", "loses_data")
    assert "1 passed" in passed.stdout, passed.stdout


def test_an_update_that_loses_data_fails_as_the_page_says(run: Run, tmp_path: Path) -> None:
    deploy(run, tmp_path)
    change(tmp_path, "timedelta(minutes=2)", "timedelta(minutes=2), fifo=True")

    failed = run("-k", "loses_data")

    assert failed.returncode == 1
    page = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    for line in (
        "  because FifoQueue is create-only and changes from nothing to true",
        "  it holds data: what it holds",
    ):
        assert line in page
        assert f"E{' ' * 11}{line}" in failed.stdout.replace("AssertionError: ", ""), failed.stdout


@pytest.mark.parametrize(
    "command", [["format", "--diff"], ["check", "--select", "E,F,I,UP,B"]], ids=["format", "check"]
)
def test_the_files_are_written_as_our_own_code_is(command: list[str], tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    arguments = ["--config", str(ROOT / "pyproject.toml"), "--no-cache", "--quiet", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *command, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
