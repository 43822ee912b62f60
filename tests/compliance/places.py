"""Where a tool finds something in a template, in the words of the two lists: a construct of the library, or a layer."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from ecs_workloads.testing._stacks import StackToCompare, stacks_of
from stacks import accepted_findings
from stacks.environments import Environment
from tests.stacks.assemblies import ROOT, synthesize

# A place and a rule.
Place: TypeAlias = tuple[str, str]

LIBRARY = tomllib.loads((ROOT / "constructs" / "ecs_workloads" / "accepted_findings.toml").read_text(encoding="utf-8"))[
    "accepted"
]
# The constructs of the library that tools which read templates may complain of, by their paths.
_CONSTRUCTS = {
    "public load balancer": r"/LoadBalancer/SecurityGroup/Resource",
    "redirect": r"/LoadBalancer/Default/Http/Resource",
    "target group": r"/(Guest)?TargetGroup/Resource",
    "audit bucket": r"/LoadBalancer/AccessLogsAudit/Resource",
    "broker secret": r"/Broker/(Credentials|ErlangCookie|Queues/\w+)/Resource",
    "file system": r"/FileSystem/Resource",
}


@functools.cache
def folder(environment: Environment) -> Path:
    """Return the assembly of an environment."""
    return Path(synthesize(environment).directory)


@functools.cache
def stacks(environment: Environment) -> Mapping[str, StackToCompare]:
    """Return the stacks of an environment by their layers."""
    return {one.stack_name.rsplit("-", maxsplit=1)[-1]: one for one in stacks_of(folder(environment))}


def places(environment: Environment, layer: str, logical_id: str, rule: str, tool: str) -> set[Place]:
    """Return what the lists may call the place where ``tool`` found ``rule``: its construct if that is listed."""
    path = stacks(environment)[layer].construct_paths[logical_id]
    resource: Any = stacks(environment)[layer].template["Resources"]
    found = {
        (name, rule)
        for name, pattern in _CONSTRUCTS.items()
        if re.search(f"{pattern}$", path) and (name != "redirect" or _redirects(resource[logical_id]["Properties"]))
    }
    return found & of_the_library(tool) or {(layer, rule)}


def of_the_library(tool: str) -> set[Place]:
    """Return what the library accepts of ``tool``."""
    return {(one["construct"], one["rule"]) for one in LIBRARY if tool in one["packs"]}


def of_the_shop(tool: str) -> set[Place]:
    """Return what the shop accepts of ``tool``."""
    return {(one.layer, one.rule) for one in accepted_findings.EVERY if tool in one.packs}


def _redirects(listener: Mapping[str, Any]) -> bool:
    return all(action["Type"] == "redirect" for action in listener["DefaultActions"])
