"""What users can import is what the package says it has."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import ecs_workloads


def public_classes() -> set[str]:
    names: set[str] = set()
    for module in pkgutil.iter_modules(ecs_workloads.__path__):
        if module.name.startswith("_") or module.ispkg:
            continue
        loaded = importlib.import_module(f"ecs_workloads.{module.name}")
        classes = inspect.getmembers(loaded, inspect.isclass)
        names |= {name for name, kind in classes if kind.__module__ == loaded.__name__ and not name.startswith("_")}
    return names


def test_every_public_class_can_be_imported_from_the_package_and_nothing_else() -> None:
    assert set(ecs_workloads.__all__) == public_classes()


def test_every_name_is_what_it_says() -> None:
    for name in ecs_workloads.__all__:
        assert getattr(ecs_workloads, name).__name__ == name


def test_the_names_are_listed_for_people() -> None:
    assert set(ecs_workloads.__all__) <= set(dir(ecs_workloads))


def test_every_public_class_and_member_is_documented() -> None:
    for name in ecs_workloads.__all__:
        kind: type = getattr(ecs_workloads, name)
        assert kind.__doc__, name
        for member in vars(kind):
            value = inspect.getattr_static(kind, member)
            if not member.startswith("_") and (callable(value) or type(value) in (property, staticmethod)):
                assert inspect.getdoc(value), f"{name}.{member}"
