"""Mutation runs; see ``docs/decisions/0005-mutation-runs.md``.

``python -m tests.mutation checks`` holds the table of bad input against the library without each of its checks.
``python -m tests.mutation run MODULE...`` holds all unit tests against changed modules; ``report`` writes the docs.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import tomllib
from pathlib import Path

# Counts only when it is set before the first import of aws_cdk.
os.environ.setdefault("CDK_VALIDATION", "false")

from tests.mutation.changes import changes
from tests.mutation.checks import Checks
from tests.mutation.coverage import Covered, measure
from tests.mutation.report import write_report
from tests.mutation.source import modules, modules_of_packages
from tests.mutation.suite import Result, Results, killer
from tests.mutation.table import Table, deviations

_EXCEPTIONS = Path(__file__).with_name("exceptions.toml")
# Node keeps every object of every test, so that a process may not live for ever.
_MUTANTS_OF_ONE_PROCESS = 20


def main() -> int:
    """Run what the command line asks for, and return 0 if there is nothing to mend."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("checks")
    run = commands.add_parser("run")
    run.add_argument("modules", nargs="+", choices=[*modules(), *modules_of_packages()], metavar="MODULE")
    run.add_argument("--run-id", help=argparse.SUPPRESS)
    commands.add_parser("report")
    arguments = parser.parse_args()
    if arguments.command == "checks":
        return _checks()
    if arguments.command == "run":
        return _run(arguments.modules, arguments.run_id or _begin())
    return write_report()


def _checks() -> int:
    mutants = Checks(modules()).mutants
    table = Table()
    found = {mutant.name: table.failing(mutant) for mutant in mutants}
    told = deviations(found, table.rows)
    accepted = tomllib.loads(_EXCEPTIONS.read_text(encoding="utf-8"))
    print(f"{len(table.rows)} rows, {len(mutants)} mutants, {len(accepted)} exceptions")
    wrong = [f"{name}: {what}" for name, what in told.items() if name not in accepted]
    stale = [f"{name}: is no exception any more" for name in accepted if name not in told]
    print(*wrong, *stale, sep="\n")
    return 1 if wrong or stale else 0


def _begin() -> str:
    """Return a name for a new run, once the tests are known to pass without any mutant."""
    run = f"{time.time():.0f}"
    failed = measure(run)
    if failed is not None:
        sys.exit(f"{failed} fails without any mutant")
    return run


def _run(names: list[str], run: str) -> int:
    trees = modules() | modules_of_packages()
    covered = Covered(run)
    done = 0
    for module in names:
        results = Results(module)
        mutants = changes(module, trees[module])
        for mutant in results.left(mutants, run):
            if done == _MUTANTS_OF_ONE_PROCESS:
                sys.stdout.flush()
                again = [sys.executable, "-m", "tests.mutation", "run", *names, "--run-id", run]
                os.execv(sys.executable, again)  # noqa: S606 - this program itself
            killed_by = killer(module, mutant, results.killers(), covered.tests_of(mutant.through))
            results.add(Result(mutant=mutant.name, killed_by=killed_by, run=run))
            print(f"{'SURVIVES' if killed_by is None else 'killed'}  {mutant.name}", flush=True)
            done += 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
