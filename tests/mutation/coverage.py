"""Which unit test runs which lines of the library: no other test can notice that a line is changed."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage, CoverageData

from tests.mutation.checks import Lines
from tests.mutation.source import RESULTS, SOURCE, UNIT, changed, name_of

# What runs outside of a single test, such as an import, may matter to all of them.
_ALL_TESTS = ""


class Covered:
    """The lines that each test ran, without any mutant."""

    def __init__(self, run: str) -> None:
        data = CoverageData(str(_data_of(run)))
        data.read()
        self._tests: dict[str, dict[int, set[str]]] = {
            name_of(Path(name)): {line: set(tests) for line, tests in data.contexts_by_lineno(name).items()}
            for name in data.measured_files()
        }

    def tests_of(self, through: Sequence[Lines]) -> frozenset[str] | None:
        """Return the tests that ran through all of these lines; ``None`` where that may be every test."""
        found: frozenset[str] | None = None
        for lines in through:
            by_line = self._tests.get(lines.module, {})
            tests = frozenset[str]().union(*(by_line.get(line, ()) for line in range(lines.first, lines.last + 1)))
            if tests and _ALL_TESTS not in tests:
                found = tests if found is None else found & tests
        return found


def measure(run: str) -> str | None:
    """Run all unit tests, note which lines each runs, and return the first test that fails, if one does."""
    RESULTS.mkdir(exist_ok=True)
    coverage = Coverage(data_file=str(_data_of(run)), source=[str(SOURCE)], config_file=False)
    watch = _Measure(coverage)
    coverage.start()
    with changed({}), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        code = pytest.main(["-x", "-q", "--tb=no", "-p", "no:cacheprovider", str(UNIT)], plugins=[watch])
    coverage.stop()
    coverage.save()
    return (watch.failed or "pytest itself") if code != 0 else None


def _data_of(run: str) -> Path:
    return RESULTS / f"coverage-{run}"


def in_this_process(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Return the tests that can see a mutant: not those that run a library which was installed elsewhere."""
    return [item for item in items if "installed" not in getattr(item, "fixturenames", ())]


class _Measure:
    def __init__(self, coverage: Coverage) -> None:
        self._coverage = coverage
        self._test = _ALL_TESTS
        self.failed: str | None = None

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = in_this_process(items)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self._test = item.nodeid
        with self._noted(item.nodeid):
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
        with self._noted(self._test if fixturedef.scope == "function" else _ALL_TESTS):
            return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = report.nodeid

    @contextmanager
    def _noted(self, context: str) -> Generator[None]:
        before = self._coverage.switch_context(context) or _ALL_TESTS
        try:
            yield
        finally:
            self._coverage.switch_context(before)
