"""Every program of the docs runs, makes the template that its page shows, and fails as its page says."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
import traceback
from datetime import timedelta
from pathlib import Path

import pytest

import ecs_workloads
from tests.docs.pages import PAGES, ROOT, Program, Table, errors, headings, is_said, languages, programs, tables
from tests.docs.templates import made_by

PROGRAMS = programs()
TABLES = tables()
FOLDER = ROOT / "docs" / "constructs"
REFERENCE = (*sorted(FOLDER.glob("[!R]*.md")), ROOT / "docs" / "alarms-and-dashboard.md")
CONTRACTS = {
    "ForgetsMessages",
    "ListenerAuthentication",
    "MeasuresArrivals",
    "MeasuresConsumers",
    "MeasuresDeadLetters",
    "MeasuresDelivery",
    "MessageQueue",
    "RoutesLogs",
    "ScalingPolicy",
    "Sidecar",
    "Volume",
}
# A policy, a sidecar or whoever asks is given these; nobody makes one.
GIVEN = {"BrokerNode", "ExtensibleTask", "ScalableService"}
WITHOUT_ARGUMENTS = {"EphemeralNode", "NodeCluster"}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_a_program_does_what_its_page_says(program: Program) -> None:
    if program.error is not None:
        with pytest.raises((ValueError, TypeError)) as caught:
            program.run()
        assert f"{caught.type.__name__}: {caught.value}".split() == program.error.split()
        [where] = [frame for frame in traceback.extract_tb(caught.tb) if frame.filename == program.name]
        assert where.lineno in program.last_lines, "only the last statement of a program may fail"
        return
    namespace = program.run()
    assert namespace["app"].synth().stacks
    for block in program.templates:
        assert block.text == made_by(namespace, block), "make snapshots writes the template anew"


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_has_the_arguments_of_the_signature_in_order(table: Table) -> None:
    assert [row[0] for row in table.rows] == [f"`{one.name}`" for one in table.parameters]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_says_the_defaults_that_the_code_has(table: Table) -> None:
    for parameter, row in zip(table.parameters, table.rows, strict=True):
        _, default, meaning = row
        assert is_said(parameter.default, default), f"{parameter.name}: {parameter.default}, page says: {default}"
        assert meaning, parameter.name


def test_every_public_class_has_its_table() -> None:
    assert {table.name for table in TABLES if "." not in table.name} == (
        set(ecs_workloads.__all__) - CONTRACTS - GIVEN - WITHOUT_ARGUMENTS
    )


@pytest.mark.parametrize("name", sorted(WITHOUT_ARGUMENTS))
def test_what_needs_no_table_takes_no_argument(name: str) -> None:
    assert not inspect.signature(getattr(ecs_workloads, name)).parameters


def test_contracts_are_contracts() -> None:
    for name in CONTRACTS:
        assert getattr(getattr(ecs_workloads, name), "_is_protocol", False), name


@pytest.mark.parametrize("page", REFERENCE, ids=lambda page: page.stem)
def test_a_page_has_its_parts(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    of_page = [program for program in PROGRAMS if program.page == page]
    assert [one for one in headings if one in ("The template it makes", "Arguments", "What goes wrong")] == [
        "The template it makes",
        "Arguments",
        "What goes wrong",
    ]
    assert of_page[0].templates, "the template of the first program"
    assert any(program.error for program in of_page), "a program that goes wrong"


@pytest.mark.parametrize("page", REFERENCE, ids=lambda page: page.stem)
def test_a_page_has_a_line_in_the_index(page: Path) -> None:
    index = (FOLDER / "README.md").read_text(encoding="utf-8")

    linked = {(FOLDER / target).resolve() for target in re.findall(r"\]\(([^)#\s]+)\)", index)}
    assert page in linked


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#\s]+)#?([^)]*)\)", page.read_text(encoding="utf-8")):
        if not target.startswith("https://"):
            assert (page.parent / target).exists(), target
            assert not anchor or anchor in headings(page.parent / target), f"{target}#{anchor}"


def test_every_error_that_a_page_shows_is_one_that_a_program_raises() -> None:
    raised = {" ".join(program.error.split()) for program in PROGRAMS if program.error}
    for page in PAGES:
        for error in errors(page):
            assert error in raised, f"{page.relative_to(ROOT)}: {error}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_program_hides_under_another_language(page: Path) -> None:
    assert languages(page) <= {"python", "sh", "text", "toml", "yaml"}


def test_programs_are_written_as_our_own_code_is(tmp_path: Path) -> None:
    for number, program in enumerate(PROGRAMS):
        (tmp_path / f"program_{number:03}.py").write_text(f"# {program.name}\n\n{program.code}", encoding="utf-8")
    for command in (["format", "--diff"], ["check", "--select", "E,F,UP,B"]):
        arguments = ["--config", str(ROOT / "pyproject.toml"), "--no-cache", "--quiet", str(tmp_path)]
        run = subprocess.run(
            [sys.executable, "-m", "ruff", *command, *arguments], capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stdout + run.stderr


def test_the_programs_name_only_what_is_public() -> None:
    for program in PROGRAMS:
        assert "ecs_workloads._" not in program.code, program.name


def test_defaults_are_read_as_the_code_has_them() -> None:
    assert is_said(inspect.Parameter.empty, "required")
    assert not is_said(5, "required")
    assert is_said(10_000, "10 000, some 33 a second")
    assert not is_said(10_000, "1000")
    assert not is_said(5, "50")
    assert not is_said(timedelta(minutes=1), "11 minutes")
    assert not is_said(timedelta(minutes=1), "30 seconds")
    assert not is_said("internal", "external")
