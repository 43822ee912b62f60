"""Run the table of bad input against mutants, all in this process: the import of aws_cdk is what costs time."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tests.mutation.checks import Mutant
from tests.mutation.source import SOURCE, changed

_TABLE = "tests.unit.test_bad_input"


class Table:
    """The rows of bad input, and for each function of the library the rows that call it."""

    def __init__(self) -> None:
        self._through: dict[str, set[str]] = {}
        with changed({}):
            for name, test, row in _rows():
                if _fails(self._recorded(name, test), row):
                    raise RuntimeError(f"{name!r} fails without any mutant")
        self.rows = frozenset[str]().union(*self._through.values())

    def failing(self, mutant: Mutant) -> frozenset[str]:
        """Return the rows that fail with ``mutant``. A row that never enters the changed function cannot."""
        with changed(mutant.trees):
            return frozenset(
                name for name, test, row in _rows() if name in self._through.get(mutant.place, ()) and _fails(test, row)
            )

    def _recorded(self, name: str, test: Callable[[Any], None]) -> Callable[[Any], None]:
        inside = str(SOURCE)

        def note(frame: FrameType, event: str, argument: object) -> None:
            del argument
            if event == "call" and frame.f_code.co_filename.startswith(inside):
                module = Path(frame.f_code.co_filename).stem
                self._through.setdefault(f"{module}.{frame.f_code.co_qualname}", set()).add(name)

        def recorded(row: object) -> None:
            sys.setprofile(note)
            try:
                test(row)
            finally:
                sys.setprofile(None)

        return recorded


def deviations(found: Mapping[str, frozenset[str]], rows: frozenset[str]) -> dict[str, str]:
    """Return the mutants that fail no row or several, and the rows that no mutant fails, each with what it does."""
    told = {
        name: "fails no row" if not failed else f"fails {len(failed)} rows: {', '.join(sorted(failed))}"
        for name, failed in found.items()
        if len(failed) != 1
    }
    idle = rows - frozenset[str]().union(*found.values())
    return told | {f"row: {name}": "no mutant fails it" for name in sorted(idle)}


def _rows() -> Iterator[tuple[str, Callable[[Any], None], Any]]:
    table: Any = importlib.import_module(_TABLE)
    yield from ((row.name, table.test_refuses, row) for row in table.ROWS)
    yield from ((f"token: {row.name}", table.test_passes_a_token, row) for row in table.tokens.ROWS)


def _fails(test: Callable[[Any], None], row: object) -> bool:
    try:
        test(row)
    except (Exception, pytest.fail.Exception):  # noqa: BLE001 - whatever comes, the row is not what it was
        return True
    return False
