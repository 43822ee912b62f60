"""Arguments that no class takes, refused in words before anything is made of them: first those of another kind."""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from aws_cdk import RemovalPolicy
from constructs import Construct

from ecs_workloads._kinds import Kind, kind_of

_C = TypeVar("_C")


def checks_arguments(cls: type[_C]) -> type[_C]:
    """Make a class refuse arguments of another kind than their annotations, for callers that no type checker helps.

    A ``removal_policy`` of the right kind that none of our resources can have is refused here as well, for all classes.

    Those of ``__init__`` and of the public methods are checked before the body runs, so that a refused construct leaves
    nothing in the tree. Annotations are read at the first call.
    """
    for name, member in list(vars(cls).items()):
        if name == "__init__" or not name.startswith("_"):
            if isinstance(member, types.FunctionType):
                setattr(cls, name, _checked(cls.__name__, member))
            elif isinstance(member, staticmethod):
                setattr(cls, name, staticmethod(_checked(cls.__name__, member.__func__)))
    return cls


def _checked(owner: str, function: Callable[..., object]) -> Callable[..., object]:
    @functools.wraps(function)
    def call(*args: object, **kwargs: object) -> object:
        names, kinds = _signature(function)
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        for name, value in given.items():
            kind = kinds.get(name)
            fault = None if kind is None else kind.fault(name, value)
            if fault is not None:
                raise TypeError(f"{_subject(owner, function.__name__, given)}: {fault}")
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
        if given.get("removal_policy") is RemovalPolicy.SNAPSHOT:
            raise ValueError(
                f"{_subject(owner, function.__name__, given)}: removal_policy must be RETAIN_ON_UPDATE_OR_DELETE, "
                "RETAIN or DESTROY, got SNAPSHOT, which CloudFormation takes of nothing that is made here"
            )
        return function(*args, **kwargs)

    return call


@functools.cache
def _signature(function: Callable[..., object]) -> tuple[Sequence[str], Mapping[str, Kind]]:
    """Return the names of what may be given by place, and the kinds of all arguments."""
    hints = typing.get_type_hints(function)
    hints.pop("return", None)
    code = function.__code__
    return code.co_varnames[: code.co_argcount], {name: kind_of(hint) for name, hint in hints.items()}


def _subject(owner: str, function: str, given: Mapping[str, object]) -> str:
    """Return the path of the construct, or the class of the value with its name."""
    match given:
        case {"scope": Construct() as scope, "construct_id": str(construct_id)}:
            return "/".join(part for part in (scope.node.path, construct_id) if part)
        case {"self": Construct() as made} if function != "__init__":
            return made.node.path
        case {"name": str(name)} if function == "__init__":
            return f"{owner} {name!r}"
        case {"self": made} if function != "__init__":
            return f"{getattr(made, 'path', owner)}, {function}"
        case _:
            return owner
