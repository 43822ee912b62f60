"""Checks of arguments, and the words in which they fail."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TypeVar

from aws_cdk import Duration, Token

_Answer = TypeVar("_Answer")

_UNITS = {
    "day": timedelta(days=1),
    "hour": timedelta(hours=1),
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
}


def require(condition: bool, subject: str, message: str) -> None:  # noqa: FBT001 - reads as an assertion
    """Raise ``ValueError`` that names ``subject`` unless ``condition`` holds."""
    if not condition:
        raise ValueError(f"{subject}: {message}")


def is_token(value: object) -> bool:
    """Tell whether a number or a text is a token, whose value only the deployment knows.

    aws_cdk writes a number token as a negative number and a text token with ``${Token[`` in it. What has neither is not
    asked for: each question is a call to Node.
    """
    if isinstance(value, str) and "${Token[" not in value:
        return False
    if isinstance(value, int | float) and value >= 0:
        return False
    return Token.is_unresolved(value)


def check_range(subject: str, name: str, value: float, low: float, high: float) -> None:
    """Refuse what is outside ``low`` to ``high``; a token, known only at deployment, passes."""
    if is_token(value):
        return
    require(low <= value <= high, subject, f"{name} must be from {low} to {high}, got {value}")


def check_known_range(subject: str, name: str, value: float, low: float, high: float, *, why: str) -> None:
    """Refuse what is outside ``low`` to ``high``, and a token: ``why`` says for what it is needed now."""
    require(not is_token(value), subject, f"{name} must be known now: {why}")
    require(low <= value <= high, subject, f"{name} must be from {low} to {high}, got {value}")


def check_percent(subject: str, name: str, value: float) -> None:
    """Refuse a share that nothing, or everything, would exceed; a token passes."""
    if is_token(value):
        return
    require(0 < value <= 100, subject, f"{name} must be above 0 and up to 100, got {value}")  # noqa: PLR2004


def check_time(subject: str, name: str, value: timedelta, low: timedelta, high: timedelta) -> None:
    """Refuse a time outside ``low`` to ``high``, or one that is not a whole number of seconds."""
    require(
        low <= value <= high,
        subject,
        f"{name} must be from {in_words(low)} to {in_words(high)}, got {in_words(value)}",
    )
    require(value.microseconds == 0, subject, f"{name} must be a whole number of seconds, got {in_words(value)}")


def check_cooldowns(subject: str, scale_out: timedelta, scale_in: timedelta) -> None:
    """Refuse a cooldown above one hour."""
    check_time(subject, "scale_out_cooldown", scale_out, timedelta(0), timedelta(hours=1))
    check_time(subject, "scale_in_cooldown", scale_in, timedelta(0), timedelta(hours=1))


def check_processing_time(subject: str, value: timedelta) -> None:
    """Refuse a mean time per message below one millisecond or above 12 hours; it may be part of a second."""
    shortest, longest = timedelta(milliseconds=1), timedelta(hours=12)
    require(
        shortest <= value <= longest,
        subject,
        f"processing_time must be from {in_words(shortest)} to {in_words(longest)}, got {in_words(value)}",
    )


def check_name(subject: str, name: str, value: str, pattern: str, allowed: str) -> None:
    """Refuse a text that does not match ``pattern``, described as ``allowed``; a token passes."""
    if is_token(value):
        return
    require(re.fullmatch(pattern, value) is not None, subject, f"{name} must be {allowed}, got {value!r}")


def check_path(subject: str, name: str, value: str) -> None:
    """Refuse what is no absolute path inside a container; a token passes."""
    check_name(subject, name, value, r"/[^:\0]+", "an absolute path")


def check_key(subject: str, name: str, key: str) -> None:
    """Refuse a key that would be no good construct id; it becomes one, so it may be no token either."""
    require(
        re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", key) is not None,
        subject,
        f"a name in {name} must be letters, digits and hyphens, beginning with a letter, got {key!r}",
    )


def in_our_words(question: Callable[[], _Answer], refusal: str, subject: str, message: Callable[[str], str]) -> _Answer:
    """Return the answer of aws_cdk to ``question``.

    Of its errors only the one that says ``refusal`` becomes a ``ValueError``, with what ``message`` makes of its line
    from there: what was imported, or chosen, does not tell beforehand.
    """
    try:
        return question()
    except RuntimeError as error:
        _, said, after = str(error).partition(refusal)
        if said:
            line = said + after.partition("\n")[0]
            raise ValueError(f"{subject}: {message(line)}") from None
        raise


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return `` (did you mean 'x'?)`` for a word that looks like a known one, else nothing."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def in_words(value: timedelta) -> str:
    """Return a time as a person says it, in the largest unit of which it is a whole number: ``13 days``."""
    for unit, size in _UNITS.items():
        number, rest = divmod(value, size)
        if number and not rest:
            return f"{number} {unit}{'' if abs(number) == 1 else 's'}"
    return f"{value.total_seconds():.15g} seconds"


@functools.cache
def duration(value: timedelta) -> Duration:
    """Return a checked time in the form that aws_cdk takes."""
    return Duration.seconds(int(value.total_seconds()))
