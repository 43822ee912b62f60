"""The page of the docs that lists the mutants which survive, written from what the runs of each module found."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.mutation.changes import names
from tests.mutation.source import ROOT, modules, modules_of_packages
from tests.mutation.suite import Results

PAGE = ROOT / "docs" / "mutation.md"
_REASONS = Path(__file__).with_name("survivors.toml")
_RUNS = Path(__file__).with_name("runs.toml")
_HEAD = """# Mutants that survive

Written by `python -m tests.mutation report`; the reasons stand in `tests/mutation/survivors.toml`. A mutant is a
module with one change: an argument dropped, a default removed or changed, a truth value turned, a number one more.
Each runs against all unit tests that come to the changed lines. Those listed here fail none of them.
"""
_RUNS_HEAD = """\
# Modules that were run, each with the number of its mutants and a digest of their names. `python -m tests.mutation
# report` adds what was run since, and names the modules whose mutants are others by now.

"""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What is known of mutants: how many each module had when it was run, and why those that survive may."""

    runs: Mapping[str, Mapping[str, Any]]
    reasons: Mapping[str, str]

    @staticmethod
    def read() -> Report:
        """Return what was written down last."""
        runs = tomllib.loads(_RUNS.read_text(encoding="utf-8")) if _RUNS.exists() else {}
        return Report(runs=runs, reasons=tomllib.loads(_REASONS.read_text(encoding="utf-8")))

    @cached_property
    def mutants(self) -> Mapping[str, list[str]]:
        """The names of the mutants of each module, as it is now."""
        trees = modules() | modules_of_packages()
        return {module: names(module, tree) for module, tree in trees.items()}

    def page(self) -> str:
        """Return the page of the docs."""
        parts = [_HEAD]
        for module in (one for one in self.mutants if one in self.runs):
            alive = [name for name in self.reasons if _module_of(name, self.mutants) == module]
            parts.append(f"\n## `{module}`\n\n{self.runs[module]['mutants']} mutants, {len(alive)} of which survive.\n")
            if alive:
                parts.append("\n| Mutant | Why it may |\n|---|---|\n")
                parts += [f"| `{name.removeprefix(f'{module}.')}` | {self.reasons[name]} |\n" for name in alive]
        return "".join(parts)

    def stale(self) -> list[str]:
        """Return the reasons for what is no mutant any more."""
        return [name for name in self.reasons if name not in self.mutants.get(_module_of(name, self.mutants), ())]


def write_report() -> int:
    """Add new runs, write the page, and return 0 if every module is run in full and every survivor explained."""
    report, wrong = Report.read(), list[str]()
    runs = dict(report.runs)
    for module, mutants in report.mutants.items():
        known = Results(module).read()
        if known:
            left = [name for name in mutants if name not in known]
            alive = {name for name in mutants if name in known and known[name].killed_by is None}
            told = {name for name in report.reasons if _module_of(name, report.mutants) == module}
            wrong += [f"{name}: not run yet" for name in left]
            wrong += [f"{name}: survives, and nobody said why" for name in sorted(alive - told)]
            wrong += [f"{name}: is killed, and needs no reason" for name in sorted(told - alive - {*left})]
            if not left:
                runs[module] = {"mutants": len(mutants), "names": _digest(mutants)}
        elif module in runs and runs[module]["names"] != _digest(mutants):
            wrong.append(f"{module}: its mutants are others than when it was run")
    lines = [
        f'"{module}" = {{ mutants = {run["mutants"]}, names = "{run["names"]}" }}\n'
        for module, run in sorted(runs.items())
    ]
    _RUNS.write_text(_RUNS_HEAD + "".join(lines), encoding="utf-8")
    report = Report.read()
    PAGE.write_text(report.page(), encoding="utf-8")
    print(*wrong, *(f"{name}: is no mutant any more" for name in report.stale()), sep="\n")
    return 1 if wrong or report.stale() else 0


def _module_of(name: str, known: Mapping[str, object]) -> str:
    """Return the module of a mutant: the longest one with which its name begins."""
    place = name.partition(":")[0]
    return max((module for module in known if place == module or place.startswith(f"{module}.")), key=len, default="")


def _digest(mutants: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(mutants)).encode()).hexdigest()[:12]
