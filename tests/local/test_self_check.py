"""The target starts with the ministack that it knows, or not at all."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

import pytest

from ecs_workloads.local import LocalError, _ministack, _self_check

ROOT = Path(_self_check.__file__).parent


def test_the_installed_ministack_has_every_name() -> None:
    _self_check.check()


def test_a_missing_name_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_self_check, "NAMES", {"services.ecs": ("_services", "_gone")})

    with pytest.raises(LocalError, match=r"lacks what the local target relies on: services\.ecs\._gone"):
        _self_check.check()


def test_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(_: str) -> str:
        return "9.9.9"

    monkeypatch.setattr(importlib.metadata, "version", version)

    with pytest.raises(LocalError, match=f"ministack 9.9.9 is installed, the local target needs {_ministack.VERSION}"):
        _self_check.check()


def test_every_inner_name_that_is_used_is_checked() -> None:
    known = {name for names in _self_check.NAMES.values() for name in names}
    used: set[str] = set()
    for file in ROOT.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        modules = [
            *re.findall(r"^\s*(\w+)(?:, \w+)? = _ministack\.", text, re.MULTILINE),
            r"provisioners\(\)",
            "alb",
            "ec2",
        ]
        if "_ministack" in text:
            pattern = rf"\b(?:{'|'.join(modules)})\.(_[a-z]\w+|_[A-Z]\w+)"
            used |= set(re.findall(pattern, text))

    assert used - known == set()
    assert len(used) > 50
