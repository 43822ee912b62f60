"""Run the unit tests against mutants, and keep what came of each."""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import io
import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.mutation.checks import Mutant
from tests.mutation.coverage import in_this_process
from tests.mutation.source import RESULTS, ROOT, UNIT, changed, mirror_tests, path_of

_LIKELY = 3
_NOTHING = Mutant(name="none", place="", trees={})


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of one mutant: the test that killed it, or ``None`` for a survivor, and of which run."""

    mutant: str
    killed_by: str | None
    run: str


class Results:
    """The results of one module, one a line; they begin anew when the module changes."""

    def __init__(self, module: str) -> None:
        digest = hashlib.sha256(path_of(module).read_bytes()).hexdigest()[:12]
        self._path = RESULTS / f"{module}-{digest}.jsonl"

    def read(self) -> dict[str, Result]:
        """Return the last result of each mutant."""
        if not self._path.exists():
            return {}
        lines = self._path.read_text(encoding="utf-8").splitlines()
        found = [Result(**json.loads(line)) for line in lines]
        return {one.mutant: one for one in found}

    def killers(self) -> list[Path]:
        """Return the files whose tests killed most mutants, if they killed more than one."""
        files = Counter(one.killed_by.split("::")[0] for one in self.read().values() if one.killed_by)
        return [ROOT / file for file, count in files.most_common(_LIKELY) if count > 1 and (ROOT / file).exists()]

    def add(self, result: Result) -> None:
        """Keep a result."""
        RESULTS.mkdir(exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(vars(result)) + "\n")

    def left(self, mutants: Iterable[Mutant], run: str) -> list[Mutant]:
        """Return the mutants to run: new ones, and those that survived an earlier run, whose tests may have grown."""
        known = self.read()
        return [
            one
            for one in mutants
            if one.name not in known or (known[one.name].killed_by is None and known[one.name].run != run)
        ]


def killer(module: str, mutant: Mutant, likely: Iterable[Path], able: Collection[str] | None) -> str | None:
    """Return the first test that fails with ``mutant``: of its mirror, of the ``likely`` files, or of any.

    ``able`` has the tests that could fail; ``None`` stands for all of them.
    """
    mirror = mirror_tests(module)
    candidates: dict[Path, None] = dict.fromkeys([*([] if mirror is None else [mirror]), *likely])
    # Those with most of the tests come first.
    files = None if able is None else Counter(ROOT / test.split("::")[0] for test in sorted(able))
    first = [path for path in candidates if files is None or path in files]
    rest = [UNIT] if files is None else [path for path, _ in files.most_common() if path not in first]
    failed = _first_failure(mutant, first, able) or _first_failure(mutant, rest, able)
    if failed == _Watch.failed and _first_failure(_NOTHING, [UNIT], frozenset()) is not None:
        raise RuntimeError("pytest fails without any mutant")
    return failed


def _first_failure(mutant: Mutant, paths: Sequence[Path], able: Collection[str] | None) -> str | None:
    if not paths:
        return None
    watch = _Watch(able, _about(mutant))
    arguments = ["-x", "-q", "--tb=no", "--assert=plain", "-p", "no:cacheprovider", "--no-header", *map(str, paths)]
    with changed(mutant.trees), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        code = pytest.main(arguments, plugins=[watch])
    return watch.failed if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) else None


def _about(mutant: Mutant) -> str:
    """Return the argument, field or number that the mutant changes, as :func:`_letters` writes it."""
    what = mutant.name.removeprefix(f"{mutant.place}: ")
    found = re.search(r"without (?!a default)(\w+)", what) or re.match(r"(\w+)", what)
    return "" if found is None else _letters(found[1])


def _letters(text: str) -> str:
    """Return the text so that the argument of a construct looks like the property of a template that it becomes."""
    return text.lower().replace("_", "")


class _Watch:
    """Notes the first failure, be it of a test or of an import.

    It leaves out the tests that cannot fail, and begins with those that name what is changed.
    """

    failed: str = "pytest itself"

    def __init__(self, able: Collection[str] | None, about: str) -> None:
        self._able = able
        self._about = about

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        able = in_this_process(items)
        items[:] = able if self._able is None else [item for item in able if item.nodeid in self._able]
        items.sort(key=lambda item: self._about not in _letters(_source(item)))

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and self.failed == _Watch.failed:
            self.failed = report.nodeid

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed and self.failed == _Watch.failed:
            self.failed = f"import of {report.nodeid}"


def _source(item: pytest.Item) -> str:
    function: object = getattr(item, "function", None)
    return inspect.getsource(function) if inspect.isfunction(function) else ""
