"""What the testing kit offers is what its table of contents and its page say."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import pytest

from ecs_workloads import testing
from tests.stacks.assemblies import ROOT

PAGE = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")


def _public() -> set[str]:
    names: set[str] = set()
    for module in pkgutil.iter_modules(testing.__path__):
        if module.name.startswith("_") or module.name == "plugin":
            continue
        loaded = importlib.import_module(f"ecs_workloads.testing.{module.name}")
        names |= {
            name
            for name, value in vars(loaded).items()
            if (inspect.isclass(value) or inspect.isfunction(value))
            and value.__module__ == loaded.__name__
            and not name.startswith("_")
        }
    return names


def test_every_public_name_can_be_imported_from_the_package() -> None:

    assert _public() == set(testing.__all__)


@pytest.mark.parametrize("name", testing.__all__)
def test_every_name_is_documented_and_on_the_page(name: str) -> None:
    assert inspect.getdoc(getattr(testing, name))
    assert name in PAGE


def test_a_name_stays_what_it_is_when_its_module_is_imported() -> None:
    importlib.import_module("ecs_workloads.testing.finding")
    assert inspect.isfunction(testing.findings)
    assert inspect.isfunction(testing.replacements)
