"""The steps of a Dockerfile, with its arguments and variables filled in."""

from __future__ import annotations

import io
import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from dockerfile_parse import DockerfileParser

from ecs_workloads.local.local_error import LocalError


@dataclass(frozen=True, kw_only=True)
class Step:
    """One instruction.

    Args:
        instruction: Its name, such as ``COPY``.
        value: What follows the name.
    """

    instruction: str
    value: str


@dataclass(kw_only=True)
class Stage:
    """What stands between one ``FROM`` and the next.

    Args:
        base: The image or stage that it begins with.
        name: What ``AS`` says; the number of the stage otherwise.
        steps: Its instructions.
    """

    base: str
    name: str
    steps: list[Step] = field(default_factory=list[Step])


def read_stages(file: Path, arguments: Mapping[str, str]) -> list[Stage]:
    """Return the stages of a Dockerfile.

    Args:
        file: The Dockerfile.
        arguments: Values of its ``ARG`` instructions, by name.

    Raises:
        LocalError: There is no such file, or it has no ``FROM``.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise LocalError(f"cannot read {file}: {error.strerror}") from error
    stages: list[Stage] = []
    global_arguments: dict[str, str] = {}
    for step in _steps(content):
        if step.instruction == "ARG" and not stages:
            name, _, default = step.value.partition("=")
            global_arguments[name] = arguments.get(name, expand(default, global_arguments))
        elif step.instruction == "FROM":
            words = [word for word in expand(step.value, global_arguments).split() if not word.startswith("--")]
            stages.append(Stage(base=words[0], name=words[2] if len(words) > 2 else str(len(stages))))  # noqa: PLR2004 - FROM base AS name
        elif stages:
            stages[-1].steps.append(step)
    if not stages:
        raise LocalError(f"{file} has no FROM")
    return stages


def _steps(content: bytes) -> Iterator[Step]:
    for entry in DockerfileParser(fileobj=cast("IO[str]", io.BytesIO(content))).structure:
        # It wants bytes, whatever its stub says.
        if entry["instruction"] != "COMMENT":
            yield Step(instruction=str(entry["instruction"]), value=str(entry["value"]))


def expand(value: str, variables: Mapping[str, str]) -> str:
    """Return ``value`` with ``$NAME``, ``${NAME}`` and ``${NAME:-default}`` filled in; unknown names vanish."""

    def filled(match: re.Match[str]) -> str:
        return variables.get(match["plain"] or match["name"]) or match["default"] or ""

    return re.sub(r"\$(?:(?P<plain>\w+)|\{(?P<name>\w+)(?::-(?P<default>[^}]*))?\})", filled, value)


def words(value: str) -> list[str]:
    """Return the command of ``CMD`` or ``ENTRYPOINT``: a JSON list as it is, else a line for the shell."""
    if value.lstrip().startswith("["):
        return [str(word) for word in json.loads(value)]
    return ["/bin/sh", "-c", value]


def pairs(value: str) -> dict[str, str]:
    """Return the variables of an ``ENV`` instruction, in both its forms."""
    parts = shlex.split(value)
    if parts and "=" not in parts[0]:
        name, _, rest = value.partition(" ")
        return {name: rest.strip()}
    return dict(part.split("=", 1) for part in parts)
