"""The test file that ``docs/testing.md`` gives away is run as a user runs it: installed, in a folder of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, files
from tests.user_pytest import UserPytest

PAGE = ROOT / "docs" / "testing.md"
BLOCKS = re.findall(r"^```text\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
FILES = files(PAGE)


@pytest.fixture
def run(user_pytest: UserPytest) -> UserPytest:
    """Return a call of pytest in a folder that holds the files of the page."""
    for name, text in FILES.items():
        user_pytest.write(name, text)
    return user_pytest


def assert_shown(word: str, output: str) -> None:
    """The one block of the page in which ``word`` stands is what pytest printed, line by line."""
    [block] = [one for one in BLOCKS if word in one]
    printed = [line.removeprefix("E").strip().removeprefix("AssertionError: ") for line in output.splitlines()]
    for line in block.splitlines():
        assert line.strip() in printed, f"{line}\n\n{output}"


def change(tmp_path: Path, old: str, new: str) -> None:
    text = (tmp_path / "shop.py").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "shop.py").write_text(text.replace(old, new), encoding="utf-8")


def deploy(run: UserPytest, tmp_path: Path) -> None:
    """Keep the assembly of the app as it is, as a main branch would."""
    (tmp_path / "keep.py").write_text(
        "import aws_cdk as cdk\nfrom shop import shop\n\n\ndef test_it():\n"
        '    app = cdk.App(outdir="cdk.out.main")\n    shop(app)\n    app.synth()\n',
        encoding="utf-8",
    )
    assert run("keep.py").returncode == 0


def test_it_passes_after_the_snapshot_is_written(run: UserPytest) -> None:
    first = run("--snapshot-update")
    assert "5 passed, 1 skipped" in first.stdout, first.stdout + first.stderr
    second = run()
    assert "5 passed, 1 skipped" in second.stdout, second.stdout + second.stderr
    assert "1 snapshot passed" in second.stdout


def test_a_changed_template_is_shown_by_its_resource(run: UserPytest, tmp_path: Path) -> None:
    run("--snapshot-update")
    change(tmp_path, "timedelta(minutes=2)", "timedelta(minutes=4)")

    changed = run("-k", "reviewed")

    assert changed.returncode == 1
    assert_shown("VisibilityTimeout", changed.stdout)


def test_an_update_that_loses_nothing_passes(run: UserPytest, tmp_path: Path) -> None:
    deploy(run, tmp_path)
    change(tmp_path, "max_capacity=10", "max_capacity=20")
    passed = run("-k", "loses_data")
    assert "1 passed" in passed.stdout, passed.stdout


def test_an_update_that_loses_data_fails_as_the_page_says(run: UserPytest, tmp_path: Path) -> None:
    deploy(run, tmp_path)
    change(tmp_path, "timedelta(minutes=2)", "timedelta(minutes=2), fifo=True")

    failed = run("-k", "loses_data")

    assert failed.returncode == 1
    assert_shown("FifoQueue", failed.stdout)


@pytest.mark.parametrize("command", [["format", "--diff"], ["check", "--select", "E,F,UP,B"]], ids=["format", "check"])
def test_the_files_are_written_as_our_own_code_is(command: list[str], tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    arguments = ["--config", str(ROOT / "pyproject.toml"), "--no-cache", "--quiet", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *command, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
