"""Run the table of bad input against mutants, all in this process: the import of aws_cdk is what costs time."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any
from unittest import mock

import pytest
from aws_cdk import Token

from tests.mutation.checks import Mutant
from tests.mutation.source import SOURCE, changed, name_of

_TABLE = "tests.unit.test_bad_input"
# The lines of the library on which its functions stood, each with its module.
_Way = frozenset[tuple[str, int]]


class Table:
    """The rows of bad input, and for each what it ran through when it was refused, or when a token passed.

    A mutant without a condition refuses less and nothing else, so that only a row which is refused by that condition
    can notice; and one that takes a token for a value, only a row with a token at that place.
    """

    def __init__(self) -> None:
        self._ways: dict[str, list[_Way]] = {}
        with changed({}):
            for name, test, row in _rows():
                self._ways[name] = []
                if _fails(test, dataclasses.replace(row, call=self._noted(name, row.call))):
                    raise RuntimeError(f"{name!r} fails without any mutant")
        self.rows = frozenset(self._ways)

    def failing(self, mutant: Mutant) -> frozenset[str]:
        """Return the rows that fail with ``mutant``."""
        able = {name for name, ways in self._ways.items() if any(_leads_through(way, mutant) for way in ways)}
        if not able:
            return frozenset()
        with changed(mutant.trees):
            return frozenset(name for name, test, row in _rows() if name in able and _fails(test, row))

    def _noted(self, name: str, call: Callable[[Any], object]) -> Callable[[Any], object]:
        is_unresolved = Token.is_unresolved

        def asked(value: object) -> bool:
            found = is_unresolved(value)
            if found:
                self._ways[name].append(_way(traceback.walk_stack(inspect.currentframe())))
            return found

        def noted(bench: object) -> object:
            with mock.patch.object(Token, "is_unresolved", asked):
                try:
                    return call(bench)
                except Exception as error:
                    self._ways[name].append(_way(traceback.walk_tb(error.__traceback__)))
                    raise

        return noted


def _way(frames: Iterator[tuple[FrameType, int]]) -> _Way:
    inside = str(SOURCE)
    return frozenset(
        (name_of(Path(frame.f_code.co_filename)), line)
        for frame, line in frames
        if frame.f_code.co_filename.startswith(inside)
    )


def _leads_through(way: _Way, mutant: Mutant) -> bool:
    return all(
        any(module == lines.module and lines.first <= line <= lines.last for module, line in way)
        for lines in mutant.through
    )


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
