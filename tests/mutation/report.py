"""The page of the docs that lists the mutants which survive."""

from __future__ import annotations

import tomllib
from pathlib import Path

from tests.mutation.changes import changes
from tests.mutation.source import ROOT, modules
from tests.mutation.suite import Results

_REASONS = Path(__file__).with_name("survivors.toml")
_PAGE = ROOT / "docs" / "mutation.md"
_HEAD = """# Mutants that survive

Written by `python -m tests.mutation report`; the reasons stand in `tests/mutation/survivors.toml`. A mutant is a
module with one change: an argument dropped, a default removed or changed, a truth value turned, a number one more.
Each runs against all unit tests that come to the changed lines. Those listed here fail none of them.
"""


def write_report() -> int:
    """Write the page from the results, and return 0 if every module is run in full and every survivor has a reason."""
    reasons = tomllib.loads(_REASONS.read_text(encoding="utf-8"))
    page, wrong = [_HEAD], list[str]()
    for module, tree in modules().items():
        known = Results(module).read()
        if not known:
            continue
        names = [mutant.name for mutant in changes(module, tree)]
        alive = [name for name in names if name in known and known[name].killed_by is None]
        wrong += [f"{name}: not run yet" for name in names if name not in known]
        wrong += [f"{name}: survives, and nobody said why" for name in alive if name not in reasons]
        page.append(f"\n## `{module}`\n\n{len(names)} mutants, {len(alive)} of which survive.\n")
        if alive:
            page.append("\n| Mutant | Why it may |\n|---|---|\n")
            page += [f"| `{name.removeprefix(f'{module}.')}` | {reasons.get(name, '')} |\n" for name in alive]
    _PAGE.write_text("".join(page), encoding="utf-8")
    print(*wrong, sep="\n")
    return 1 if wrong else 0
