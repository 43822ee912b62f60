"""The variables of a program, read strictly: a bad one is named in one line, and the program ends."""

from __future__ import annotations

import difflib
import math
import os
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar, overload

_Value = TypeVar("_Value")
_Default = TypeVar("_Default")
_STATUS = 2  # as programs end that were called with wrong arguments


class InvalidEnvironment(ValueError):  # noqa: N818 - it says what is wrong
    """A variable of the program is missing or malformed. Its text is one line that names the variable."""


class _Required:
    """Stands for a variable without a default."""


_REQUIRED = _Required()
_IN_WORDS: Mapping[object, str] = {int: "a whole number", float: "a number"}


def seconds(text: str) -> timedelta:
    """Return ``text``, a number of seconds such as ``2.5``, as a time; for ``read_variable(convert=seconds)``.

    Raises:
        ValueError: It is not a number from 0 to 999 999 999.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 999_999_999:  # noqa: PLR2004 - also refuses what is not a number
        raise ValueError("a number of seconds, 0 to 999999999")
    return timedelta(seconds=value)


@overload
def read_variable(name: str, *, environ: Mapping[str, str] = ..., secret: bool = ...) -> str: ...
@overload
def read_variable(name: str, *, default: _Default, environ: Mapping[str, str] = ...) -> str | _Default: ...
@overload
def read_variable(
    name: str,
    *,
    convert: Callable[[str], _Value],
    expected: str | None = ...,
    environ: Mapping[str, str] = ...,
    secret: bool = ...,
) -> _Value: ...
@overload
def read_variable(
    name: str,
    *,
    convert: Callable[[str], _Value],
    default: _Default,
    expected: str | None = ...,
    environ: Mapping[str, str] = ...,
    secret: bool = ...,
) -> _Value | _Default: ...
def read_variable(
    name: str,
    *,
    convert: Callable[[str], object] = str,
    default: object = _REQUIRED,
    expected: str | None = None,
    environ: Mapping[str, str] = os.environ,
    secret: bool = False,
) -> object:
    """Return the variable ``name``.

    Args:
        name: Name of the variable.
        convert: Makes the value of the text, and raises `ValueError` for a text that it does not take: `int`,
            `float`, `seconds`, a function of yours. Defaults to the text as it is.
        default: Value where the variable is not set. Without it the variable must be set.
        expected: What the text should be, in words, for the error. Defaults to what ``convert`` says.
        environ: Where variables are looked up. Defaults to those of the process.
        secret: Whether an error must not show the text.

    Raises:
        InvalidEnvironment: The variable is not set and has no default, is empty, or ``convert`` does not take it.
    """
    text = environ.get(name)
    if text is None:
        if not isinstance(default, _Required):
            return default
        near = difflib.get_close_matches(name, environ.keys(), n=1, cutoff=0.9)
        hint = f"; {near[0]} is set: is it misspelt?" if near else ""
        raise InvalidEnvironment(f"{name} is not set{hint}")
    if not text:
        raise InvalidEnvironment(f"{name} is empty")
    try:
        return convert(text)
    except ValueError as error:
        words = expected or _IN_WORDS.get(convert) or str(error)
        received = "" if secret else f", got {text!r}"
        raise InvalidEnvironment(_one_line(f"{name}: expected {words}{received}")) from error


@contextmanager
def exit_on_invalid_environment(program: str) -> Generator[None, None, None]:
    """End the program with status 2 and one line on stderr where a variable is bad; also a decorator.

    Args:
        program: Name of the program, which begins the line.
    """
    try:
        yield
    except InvalidEnvironment as error:
        print(f"{program}: {error}", file=sys.stderr)  # noqa: T201 - what the program says as its last word
        raise SystemExit(_STATUS) from error


def _one_line(text: str) -> str:
    return " ".join(text.split())
