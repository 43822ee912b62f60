"""Questions whose answer never changes, asked once: each is a call to Node."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar
from weakref import WeakKeyDictionary

from constructs import IConstruct

_Subject = TypeVar("_Subject")
_Answer = TypeVar("_Answer")


def once(question: Callable[[_Subject], _Answer]) -> Callable[[_Subject], _Answer]:
    """Return ``question``, which is asked once for each object and answered from memory for as long as that lives.

    The answer must not hold on to the object, or neither would ever be given up.
    """
    answers: WeakKeyDictionary[_Subject, _Answer] = WeakKeyDictionary()

    @functools.wraps(question)
    def answer(subject: _Subject) -> _Answer:
        if subject not in answers:
            answers[subject] = question(subject)
        return answers[subject]

    return answer


@once
def path_of(construct: IConstruct) -> str:
    """Return the path of ``construct``."""
    return construct.node.path
