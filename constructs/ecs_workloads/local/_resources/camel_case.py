"""Properties of CloudFormation as the APIs spell them."""

from __future__ import annotations

import re
from typing import cast

from ecs_workloads.local._ministack import Document

# Their keys are the user's own words.
_VERBATIM = {"Options", "DockerLabels", "DriverOpts", "Labels", "DefaultsForHost", "Parameters"}
_ODD = {"FilesystemId": "fileSystemId"}
_NUMBERS = {"containerPort", "hostPort", "memory", "memoryReservation", "cpu", "size", "startTimeout", "stopTimeout"}


def camel_case(properties: Document) -> Document:
    """Return ``properties`` with keys that begin with a small letter, and with ports and sizes as numbers.

    CloudFormation takes ``"8080"`` for a port; the API of ECS takes 8080 alone.
    """
    result: Document = {}
    for key, value in properties.items():
        name = _ODD.get(key) or re.sub(r"^(?:[A-Z]+(?![a-z])|[A-Z])", lambda match: match[0].lower(), key)
        if key in _VERBATIM:
            result[name] = value
        elif isinstance(value, (dict, list)):
            result[name] = _inner(cast("object", value))
        elif name in _NUMBERS and isinstance(value, str) and value.isdecimal():
            result[name] = int(value)
        else:
            result[name] = value
    return result


def _inner(value: object) -> object:
    if isinstance(value, list):
        return [_inner(each) for each in cast("list[object]", value)]
    return camel_case(cast("Document", value)) if isinstance(value, dict) else value
