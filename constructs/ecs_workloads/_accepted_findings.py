"""Acknowledge, at each construct, what policy packs find and no template could avoid."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct

from ecs_workloads._wildcards import Wildcards

# They read templates, after the app has ended.
_NO_PACKS_OF_CDK = ("checkov", "Security Hub")
_ANY_RESOURCE = "IAM5[Resource::...]"


def accept_findings(construct: IConstruct, *kinds: str, wildcards: Wildcards | None = None) -> None:
    """Acknowledge what ``accepted_findings.toml`` lists for constructs of ``kinds``.

    Those cover what is below ``construct`` as well. ``wildcards`` are the ARNs with a wildcard that policies there
    name: each is a finding of its own.
    """
    entries = [entry for kind in kinds for entry in _entries()[kind]]
    _acknowledge(construct, [(str(entry["rule"]), entry) for entry in entries if entry["rule"] != _ANY_RESOURCE])
    any_resource = [entry for entry in entries if entry["rule"] == _ANY_RESOURCE]
    if wildcards is not None:
        wildcards.tell(
            lambda names: _acknowledge(
                construct, [(f"IAM5[Resource::{name}]", entry) for name in names for entry in any_resource]
            )
        )


def _acknowledge(construct: IConstruct, rules: Sequence[tuple[str, Mapping[str, str]]]) -> None:
    reasons: dict[str, list[str]] = {}
    for rule, entry in rules:
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
