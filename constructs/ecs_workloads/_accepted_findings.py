"""Acknowledge, at each construct, what policy packs find and no template could avoid."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct

# They read templates, after the app has ended.
_NO_PACKS_OF_CDK = ("checkov", "Security Hub")
_ANY_RESOURCE = "IAM5[Resource::...]"


def accept_findings(construct: IConstruct, *kinds: str, wildcards: Sequence[str] = ()) -> None:
    """Acknowledge what ``accepted_findings.toml`` lists for constructs of ``kinds``.

    Those cover what is below ``construct`` as well. ``wildcards`` are the ARNs with a wildcard that policies there
    name, as `flat` writes them: each is a finding of its own.
    """
    reasons: dict[str, list[str]] = {}
    for kind in kinds:
        for entry in _entries()[kind]:
            for rule in _rules(str(entry["rule"]), wildcards):
                for pack in entry["packs"]:
                    if pack not in _NO_PACKS_OF_CDK:
                        reasons.setdefault(f"{pack}::{pack}-{rule}", []).append(entry["reason"])
    Validations.of(construct).acknowledge(
        *(Acknowledgment(id=rule, reason="; ".join(said)) for rule, said in reasons.items())
    )


@functools.cache
def _entries() -> Mapping[str, Sequence[Mapping[str, str]]]:
    text = resources.files("ecs_workloads").joinpath("accepted_findings.toml").read_text(encoding="utf-8")
    by_construct: dict[str, list[Mapping[str, str]]] = {}
    for entry in tomllib.loads(text)["accepted"]:
        by_construct.setdefault(entry["construct"], []).append(entry)
    return by_construct


def _rules(rule: str, wildcards: Sequence[str]) -> list[str]:
    return [f"IAM5[Resource::{wildcard}]" for wildcard in wildcards] if rule == _ANY_RESOURCE else [rule]


def flat(value: Any) -> str:  # noqa: ANN401 - a resolved text is a text or a function of CloudFormation
    """Return a resolved text as cdk-nag writes it in the id of a finding: references in angle brackets."""
    match value:
        case {"Fn::Join": [str(delimiter), parts]}:
            return delimiter.join(flat(part) for part in parts)
        case {"Fn::GetAtt": [str(resource), str(attribute)]}:
            return f"<{resource}.{attribute}>"
        case {"Ref": str(name)}:
            return f"<{name}>"
        case _:
            return str(value)
