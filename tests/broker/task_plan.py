"""What ECS would run for a broker, read out of the synthesised template."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

_LETTERS_AND_DIGITS = "Ab3dE6gH9jK2mN5pQ8sT1vW4xY7zC0fR"
_PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_PSEUDO = {"AWS::Region": "eu-west-1", "AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com"}
_SECRET = re.compile(r"(?P<id>[^:]+)(?::(?P<key>[^:]*):[^:]*:[^:]*)?")


@dataclass(frozen=True, kw_only=True)
class TaskPlan:
    """The task of one service, and the name at which Cloud Map shows it.

    Args:
        service: Logical id of the service.
        dns_name: Its record.
        after: Logical ids of what CloudFormation updates before it.
        container: Definition of the main container, with texts in the place of references.
        folders: Logical id of the access point at each path.
        scratch: Paths of volumes that the task begins with empty.
    """

    service: str
    dns_name: str
    after: frozenset[str]
    container: Mapping[str, Any]
    folders: Mapping[str, str]
    scratch: tuple[str, ...]

    @property
    def stop_timeout(self) -> int:
        """Seconds from SIGTERM to SIGKILL."""
        return int(self.container["StopTimeout"])


class Template:
    """A synthesised template, with the secrets that AWS would generate for it."""

    def __init__(self, template: Mapping[str, Any]) -> None:
        self._resources: Mapping[str, Mapping[str, Any]] = template["Resources"]

    def tasks(self) -> list[TaskPlan]:
        """Return the tasks of all services that have a record in Cloud Map, as CloudFormation orders them."""
        found = {
            logical_id: self._task(logical_id, resource)
            for logical_id, resource in self._resources.items()
            if resource["Type"] == "AWS::ECS::Service" and "ServiceRegistries" in resource["Properties"]
        }
        return sorted(found.values(), key=lambda plan: len(self._before(plan.service) & found.keys()))

    def secret(self, value_from: str) -> str:
        """Return what the container gets for a ``ValueFrom``."""
        named = _SECRET.fullmatch(value_from)
        assert named is not None, value_from
        text = self._generated(named["id"])
        return str(json.loads(text)[named["key"]]) if named["key"] else text

    def text(self, value: Any) -> str:
        """Return ``value`` as CloudFormation would resolve it."""
        if not isinstance(value, dict):
            return str(value)
        found = cast("Mapping[str, Any]", value)
        [(function, argument)] = found.items()
        if function == "Ref":
            return _PSEUDO.get(str(argument), str(argument))
        if function == "Fn::Join":
            return str(argument[0]).join(self.text(one) for one in argument[1])
        if function == "Fn::GetAtt" and argument[1] in {"Arn", "Name"}:
            return str(argument[0])
        raise NotImplementedError(str(found))

    def _generated(self, logical_id: str) -> str:
        properties = self._resources[logical_id]["Properties"]
        rule = properties.get("GenerateSecretString")
        if rule is None:
            return str(properties["SecretString"])
        # All punctuation that it may hold, nothing that differs from run to run, and no two secrets the same.
        punctuation = "" if rule.get("ExcludePunctuation") else _PUNCTUATION
        marks = hashlib.sha256(logical_id.encode()).hexdigest()[:12] + punctuation + _LETTERS_AND_DIGITS * 8
        allowed = [mark for mark in marks if mark not in rule.get("ExcludeCharacters", "")]
        value = "".join(allowed[: int(rule.get("PasswordLength", 32))])
        if "GenerateStringKey" not in rule:
            return value
        return json.dumps({**json.loads(rule["SecretStringTemplate"]), rule["GenerateStringKey"]: value})

    def _before(self, logical_id: str) -> frozenset[str]:
        named = self._resources[logical_id].get("DependsOn", [])
        direct = frozenset([named] if isinstance(named, str) else named)
        return direct.union(*(self._before(one) for one in direct))

    def _task(self, logical_id: str, service: Mapping[str, Any]) -> TaskPlan:
        definition = self._resources[service["Properties"]["TaskDefinition"]["Ref"]]["Properties"]
        container = dict(definition["ContainerDefinitions"][0])
        container["Environment"] = {one["Name"]: self.text(one["Value"]) for one in container.get("Environment", [])}
        container["Secrets"] = {
            one["Name"]: self.secret(self.text(one["ValueFrom"])) for one in container.get("Secrets", [])
        }
        volumes = {one["Name"]: one for one in definition.get("Volumes", [])}
        folders: dict[str, str] = {}
        scratch: list[str] = []
        for mount in container.get("MountPoints", []):
            efs = volumes[mount["SourceVolume"]].get("EFSVolumeConfiguration")
            if efs is None:
                scratch.append(mount["ContainerPath"])
            else:
                folders[mount["ContainerPath"]] = efs["AuthorizationConfig"]["AccessPointId"]["Ref"]
        [registry] = service["Properties"]["ServiceRegistries"]
        record = self._resources[registry["RegistryArn"]["Fn::GetAtt"][0]]["Properties"]
        namespace = self._resources[record["NamespaceId"]["Fn::GetAtt"][0]]["Properties"]["Name"]
        return TaskPlan(
            service=logical_id,
            dns_name=f"{record['Name']}.{namespace}",
            after=self._before(logical_id),
            container=container,
            folders=folders,
            scratch=tuple(scratch),
        )
