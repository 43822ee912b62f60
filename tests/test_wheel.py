"""The wheel holds the library alone, and a user's app runs from it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCKS = [
    (page.name, block)
    for page in PAGES
    # Those that a page lets fail, with the error after them, run elsewhere.
    for block in re.findall(
        r"(?<!-->\n)```python\n((?:(?!```).)*)```(?!\s*```text\n\w+Error: )",
        page.read_text(encoding="utf-8"),
        re.DOTALL,
    )
]


def test_it_holds_the_library_alone(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    metadata = [name for name in names if ".dist-info/" in name]
    source = ROOT / "constructs"
    expected = {
        str(file.relative_to(source))
        for file in (source / "ecs_workloads").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert set(names) - set(metadata) == expected
    assert {"ecs_workloads/py.typed", "ecs_workloads/__init__.pyi"} <= expected


def test_its_metadata_names_what_it_needs(installed: Path) -> None:
    [file] = installed.glob("*.dist-info/METADATA")
    metadata = HeaderParser().parsestr(file.read_text(encoding="utf-8"))
    required = {str(line).split(";")[0] for line in metadata.get_all("Requires-Dist") or [] if "extra ==" not in line}
    assert {re.split(r"[<>=]", line)[0] for line in required} == {"aws-cdk-lib", "constructs", "lazy-loader", "tzdata"}
    assert metadata["License-Expression"] == "Apache-2.0"


def test_pytest_finds_the_plugin(installed: Path) -> None:
    [file] = installed.glob("*.dist-info/entry_points.txt")
    assert "[pytest11]\necs_workloads = ecs_workloads.testing.plugin\n" in file.read_text(encoding="utf-8")


def test_the_extra_for_tests_names_their_tools(installed: Path) -> None:
    [file] = installed.glob("*.dist-info/METADATA")
    metadata = HeaderParser().parsestr(file.read_text(encoding="utf-8"))
    lines = [str(line) for line in metadata.get_all("Requires-Dist") or [] if "extra == 'testing'" in str(line)]
    assert {re.split(r"[<>=]", line)[0] for line in lines} == {"cdk-nag", "cfn-lint", "pytest", "syrupy"}


def test_the_readme_has_an_example() -> None:
    assert [page for page, _ in BLOCKS].count("README.md") == 1


@pytest.mark.parametrize(("page", "block"), BLOCKS, ids=[f"{page}-{index}" for index, (page, _) in enumerate(BLOCKS)])
def test_a_block_of_the_docs_runs_from_the_wheel_outside_the_repository(
    page: str, block: str, installed: Path, tmp_path: Path
) -> None:
    program = tmp_path / "app.py"
    check = f"import ecs_workloads\nassert ecs_workloads.__file__.startswith({str(installed)!r})\n"
    program.write_text(check + block, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(installed), "CDK_OUTDIR": str(tmp_path / "out")}

    subprocess.run([sys.executable, str(program)], cwd=tmp_path, env=environment, check=True)

    template = next((tmp_path / "out").glob("*.template.json")).read_text(encoding="utf-8")
    # A program without a cluster only watches what others made.
    assert template.count('"AWS::ECS::Service"') == (2 if "cluster=" in block else 0)
    if page == "alarms-and-dashboard.md":
        assert '"AWS::CloudWatch::Alarm"' in template
        assert template.count('"AWS::CloudWatch::Dashboard"') == (1 if "Dashboard(" in block else 0)
    if page == "README.md":
        assert template.count('"AWS::SQS::Queue"') == 2
        assert template.count('"AWS::ApplicationAutoScaling::ScalableTarget"') == 2
