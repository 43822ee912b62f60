"""What users compare, as templates of stacks."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from ecs_workloads.checks import read_assembly
from ecs_workloads.testing._json import Json, section, texts

if TYPE_CHECKING:
    from aws_cdk import Stack, Stage
    from aws_cdk.assertions import Template
    from aws_cdk.cx_api import CloudAssembly

TemplateSource: TypeAlias = (
    "Mapping[str, Json] | Mapping[str, object] | str | os.PathLike[str] | Template | Stack | Stage | CloudAssembly"
)
"""What can be compared: a cloud assembly (the folder ``cdk.out``), the file of a template, a template, a stack, an app.

An app or an assembly tells most: all its stacks are compared, nested ones too, and what reads their values is known.
"""

_LOGICAL_ID = "aws:cdk:logicalId"
NESTED = "AWS::CloudFormation::Stack"
_UNKNOWN = ("unknown-account", "unknown-region")
_HASH = re.compile(r"\b[0-9a-f]{64}(?=\.json\b)")


@dataclass(frozen=True, kw_only=True)
class StackToCompare:
    """One stack of what is compared.

    Args:
        stack_name: Name of the stack, with the logical id behind it for a nested one; empty for a bare template.
        target: Account and region, such as ``aws://111111111111/eu-west-1``; empty for a bare template.
        template: The template.
        passed: What the parent of a nested stack passes as its parameters.
        construct_paths: The construct that made each resource, by logical id, as far as an assembly says so.
    """

    stack_name: str
    target: str
    template: dict[str, Json]
    passed: Mapping[str, Json] = field(default_factory=dict[str, Json])
    construct_paths: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def name(self) -> str:
        """The stack, in a message."""
        return self.stack_name or "this stack"


def stacks_of(source: TemplateSource) -> list[StackToCompare]:
    """Return the stacks of what a user gave.

    Raises:
        FileNotFoundError: There is no such file, or no assembly in the folder.
        ValueError: A file or a mapping is no template of CloudFormation.
        TypeError: It is nothing of which templates could be read.
    """
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        return list(_of_assembly(path)) if path.is_dir() else [_bare(_read(path), str(path))]
    if isinstance(source, Mapping):
        # Through JSON: what comes from jsii or YAML are other kinds of mappings and lists.
        return [_bare(json.loads(json.dumps(source)), "the template")]
    return _of_cdk(source)


def pairs(
    old: Sequence[StackToCompare], new: Sequence[StackToCompare]
) -> Iterator[tuple[StackToCompare, StackToCompare | None]]:
    """Return each old stack with what it becomes, ``None`` for a stack that is not there any more.

    CloudFormation knows a stack by name, account and region; two templates alone belong together whatever they are
    called.

    Raises:
        ValueError: A bare template is compared with several stacks.
    """
    if len(old) == len(new) == 1 and not (old[0].stack_name and new[0].stack_name):
        yield old[0], new[0]
        return
    if any(not one.stack_name for one in (*old, *new)):
        raise ValueError(
            f"a template without a stack's name cannot be compared with {max(len(old), len(new))} stacks: "
            "give the folder, the app or the template of that stack on both sides"
        )
    for one in old:
        same_name = [other for other in new if other.stack_name == one.stack_name]
        exact = [other for other in same_name if other.target == one.target]
        # A stack that got its account and region later is the same one.
        perhaps = [other for other in same_name if _may_be_one(other.target, one.target)]
        yield one, next(iter(exact), perhaps[0] if len(perhaps) == 1 else None)


def _may_be_one(target: str, other: str) -> bool:
    parts = zip(target.split("/"), other.split("/"), strict=True)
    return all(one == another or one in _UNKNOWN or another in _UNKNOWN for one, another in parts)


def _of_cdk(source: Template | Stack | Stage | CloudAssembly) -> list[StackToCompare]:
    from aws_cdk import Stack, Stage  # noqa: PLC0415 - a comparison of folders needs no Node
    from aws_cdk.assertions import Template  # noqa: PLC0415
    from aws_cdk.cx_api import CloudAssembly  # noqa: PLC0415

    match source:
        case Template():
            return [_bare(dict(source.to_json()), "the template")]
        case CloudAssembly():
            return list(_of_assembly(Path(source.directory)))
        case Stage():
            return list(_of_assembly(Path(source.synth(force=True).directory)))
        case Stack():
            stage = Stage.of(source)
            folder = stage.synth(force=True).directory if isinstance(stage, Stage) else ""
            name = source.stack_name
            return [one for one in _of_assembly(Path(folder)) if one.stack_name.split("/")[0] == name]
        case _:
            raise TypeError(
                "templates are read from a folder such as cdk.out, the file of a template, a template, a Stack or an "
                f"App, got {source!r}"
            )


def _of_assembly(folder: Path) -> Iterator[StackToCompare]:
    for one in read_assembly(folder):
        paths = _construct_paths(one.metadata) if one.metadata is not None else {}
        stack = StackToCompare(
            stack_name=one.stack_name, target=one.target, template=one.template, construct_paths=paths
        )
        yield from _with_nested(stack, one.folder)


def _with_nested(stack: StackToCompare, folder: Path) -> Iterator[StackToCompare]:
    yield stack
    files = _asset_files(folder)
    for logical_id, resource in section(stack.template, "Resources").items():
        if resource.get("Type") != NESTED:
            continue
        properties = resource.get("Properties")
        passed = properties.get("Parameters") if isinstance(properties, dict) else None
        for hashed in (one for text in texts(properties) for one in _HASH.findall(text)):
            if hashed in files:
                name = f"{stack.stack_name}/{logical_id}"
                nested = replace(
                    stack,
                    stack_name=name,
                    template=_read(files[hashed]),
                    passed=passed if isinstance(passed, dict) else {},
                )
                yield from _with_nested(nested, folder)


def _asset_files(folder: Path) -> dict[str, Path]:
    """Return the file behind the hash of each asset, as the manifests of assets in an assembly say."""
    return {
        hashed: folder / str(asset["source"]["path"])
        for manifest in sorted(folder.glob("*.assets.json"))
        for hashed, asset in json.loads(manifest.read_text(encoding="utf-8")).get("files", {}).items()
        if "path" in asset["source"]
    }


def _construct_paths(file: Path) -> dict[str, str]:
    """Return the construct behind each logical id, where only one has it: nested stacks may have the same ones."""
    found = [
        (str(entry["data"]), path.removeprefix("/"))
        for path, entries in json.loads(file.read_text(encoding="utf-8")).items()
        for entry in entries
        if entry["type"] == _LOGICAL_ID
    ]
    often = Counter(logical_id for logical_id, _ in found)
    return {logical_id: path for logical_id, path in found if often[logical_id] == 1}


def _read(path: Path) -> dict[str, Json]:
    try:
        found: dict[str, Json] = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} holds no JSON; compare the templates in cdk.out, which do") from error
    return found


def _bare(template: dict[str, Json], what: str) -> StackToCompare:
    if "Resources" not in template:
        raise ValueError(f"{what} is no template of CloudFormation: it has no Resources")
    return StackToCompare(stack_name="", target="", template=template)
