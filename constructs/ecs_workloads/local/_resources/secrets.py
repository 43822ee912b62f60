"""Secrets whose ``Ref`` is the ARN, as on AWS, and whose generated passwords keep what the template excludes."""

from __future__ import annotations

import json
import secrets
import string

from ecs_workloads.local import _ministack
from ecs_workloads.local._ministack import Document
from ecs_workloads.local._resources._resource_type import Created, ResourceType

_PUNCTUATION = "!#$%&()*+,-.:;<=>?@[]^_{|}~"


def types() -> list[ResourceType]:
    """Return the types of this module."""
    _ministack.replace(_ministack.provisioners(), "_sm_secret_string", secret_string)
    return [ResourceType(name="AWS::SecretsManager::Secret", create=_create, update=_update, delete=_delete)]


def secret_string(properties: Document) -> str:
    """Return the value of a secret: the one given, or a password made as ``GenerateSecretString`` says."""
    generate = properties.get("GenerateSecretString")
    if generate is None:
        return str(properties.get("SecretString", ""))
    groups = [
        ("ExcludeLowercase", string.ascii_lowercase),
        ("ExcludeUppercase", string.ascii_uppercase),
        ("ExcludeNumbers", string.digits),
        ("ExcludePunctuation", _PUNCTUATION),
    ]
    excluded = str(generate.get("ExcludeCharacters", ""))
    allowed = [
        character
        for name, characters in groups
        if str(generate.get(name, "false")).lower() != "true"
        for character in characters
        if character not in excluded
    ]
    if not allowed:
        raise ValueError("GenerateSecretString excludes every character")
    password = "".join(secrets.choice(allowed) for _ in range(int(generate.get("PasswordLength", 32))))
    if "GenerateStringKey" not in generate:
        return password
    return json.dumps({**json.loads(generate["SecretStringTemplate"]), generate["GenerateStringKey"]: password})


def _name(arn: str) -> str:
    # arn:aws:secretsmanager:region:account:secret:name-AbCdEf
    return arn.split(":secret:", 1)[-1][:-7] if ":secret:" in arn else arn


def _create(logical_id: str, properties: Document, stack: str) -> Created:
    _, attributes = _ministack.provisioners()._sm_secret_create(logical_id, properties, stack)
    return attributes["Arn"], attributes


def _update(physical_id: str, old: Document, new: Document, stack: str, logical_id: str) -> Created:
    updated = _ministack.provisioners()._sm_secret_update(_name(physical_id), old, new, stack, logical_id)
    return updated[1]["Arn"], updated[1]


def _delete(physical_id: str, properties: Document) -> None:
    _ministack.provisioners()._sm_secret_delete(_name(physical_id), properties)
