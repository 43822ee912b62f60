"""What SNS takes as a filter policy of a subscription.

https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from aws_cdk import Stack
from aws_cdk import aws_sns as sns
from constructs import Construct

from ecs_workloads._checks import require

_Document: TypeAlias = "list[Any] | dict[str, _Document]"
_MOST_KEYS = 5
_MOST_COMBINATIONS = 150
_MOST_BYTES = 256 * 1024


def check_filter_policy(
    scope: Construct,
    subject: str,
    argument: str,
    policy: Mapping[str, sns.SubscriptionFilter] | Mapping[str, sns.FilterOrPolicy],
) -> None:
    """Refuse what SNS would refuse only at deployment."""
    document = {key: _document(value) for key, value in policy.items()}
    leaves = list(_leaves(document))
    require(len(leaves) > 0, subject, f"{argument} names no key: leave it out to get every message")
    for key, _, values in leaves:
        require(len(values) > 0, subject, f"{argument}: {key!r} has no values, so that no message would match")
    require(
        len(leaves) <= _MOST_KEYS,
        subject,
        f"{argument} must name at most {_MOST_KEYS} keys with values, got {len(leaves)}",
    )
    combinations = math.prod(level * len(values) for _, level, values in leaves)
    require(
        combinations <= _MOST_COMBINATIONS,
        subject,
        f"{argument} must have at most {_MOST_COMBINATIONS} combinations, which are the values of each key times its "
        f"level of nesting, multiplied, got {combinations}",
    )
    size = len(json.dumps(Stack.of(scope).resolve(document), separators=(",", ":")).encode())
    require(size <= _MOST_BYTES, subject, f"{argument} must have at most {_MOST_BYTES} bytes as JSON, got {size}")


def _document(value: sns.SubscriptionFilter | sns.FilterOrPolicy) -> _Document:
    match value:
        case sns.SubscriptionFilter():
            return list(value.conditions)
        case sns.Filter():
            return list(value.filter_doc.conditions)
        case sns.Policy():
            return {key: _document(one) for key, one in value.policy_doc.items()}
        case _:  # pragma: no cover - aws_cdk has no third kind
            raise TypeError(f"a filter policy holds filters, got {value!r}")


def _leaves(document: Mapping[str, _Document], level: int = 1) -> Iterator[tuple[str, int, list[Any]]]:
    """Return the keys that have values, with their level of nesting; SNS counts no others."""
    for key, value in document.items():
        if isinstance(value, list):
            yield key, level, value
        else:
            yield from _leaves(value, level + 1)
